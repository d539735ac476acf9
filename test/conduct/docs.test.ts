// The page on grading: its table lists the rules that there are.
import { expect, it } from 'vitest'
import { appRules } from '../../src/conduct/app-rules.js'
import { conductRules } from '../../src/mocks/conduct/watch-conduct.js'
import { readPage } from '../docs/blocks.js'

const page = readPage('conduct.md')

it('lists every rule with its severity, in order', () => {
  const rows = [...page.matchAll(/^\| `(\S+)` +\| (\w+) +\|/gm)].map(([, id, severity]) => ({ id, severity }))
  expect(rows).toEqual([...conductRules, ...appRules].map(({ id, severity }) => ({ id, severity })))
})
