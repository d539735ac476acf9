// The page on reports: its waivers file can be used.
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseWaivers } from '../../src/contracts/check/report-model.js'
import { snippetsIn } from './blocks.js'

it('shows waivers that verify takes', () => {
  const files = snippetsIn('docs/report.md').filter(({ language }) => language === 'yaml')
  expect(files.map(({ code }) => parseWaivers(parse(code)).length)).toEqual([1])
})
