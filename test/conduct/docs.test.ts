// The page on grading: its snippet runs and prints what it says, and its table lists the rules that there are.
import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { appRules } from '../../src/conduct/app-rules.js'
import { conductRules, watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { asJavaScript } from '../docs/blocks.js'

const page = readFileSync(new URL('../../docs/conduct.md', import.meta.url), 'utf8')

it('has a snippet that does what its last comment says', async () => {
  const [, snippet = ''] = /```ts\n([^]*?)```/.exec(page) ?? []
  const [, promised = ''] = /console\.log\(.*\/\/ (.*)/.exec(snippet) ?? []
  const body = asJavaScript(snippet.replaceAll(/^import .*$/gm, ''))
  const print = vi.fn<(ok: boolean, broken: string[]) => void>()
  const run: unknown = Reflect.construct(Function, [
    'createRunnerMock, watchConduct, console',
    `return (async () => {${body}})()`,
  ])
  await (run as (...given: unknown[]) => Promise<void>)(createRunnerMock, watchConduct, { log: print })
  const [ok, broken = []] = print.mock.calls[0] ?? []
  expect(`${String(ok)} [ ${broken.map((each) => `'${each}'`).join(', ')} ]`).toBe(promised)
})

it('lists every rule with its severity, in order', () => {
  const rows = [...page.matchAll(/^\| `(\S+)` +\| (\w+) +\|/gm)].map(([, id, severity]) => ({ id, severity }))
  expect(rows).toEqual([...conductRules, ...appRules].map(({ id, severity }) => ({ id, severity })))
})
