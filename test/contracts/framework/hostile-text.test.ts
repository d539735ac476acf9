// A report in which every text that a target, a file or a user has a say in is hostile: no reporter passes any of it on.
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { Violation } from '../../../src/contracts/target/expectation.js'
import { outcomeOf } from '../../../src/contracts/suite-run.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { dangers, hostileText } from '../../kernel/hostile-text.js'
import { startMockTarget } from './mock-target.js'
import { buggy, failing, passing, trial } from './trial-checks.js'
import type { ReporterName } from '../../../src/report/write-report.js'
import { renderTerminal, shown } from './shown-report.js'

/** How many texts each reporter is given. */
const RUNS = process.env['KIT_ALL_SEEDS'] === undefined ? 12 : 40

/** Members whose text comes from somewhere else, in place of which each test has its own. */
const FOREIGN = new Set([
  ...['url', 'title', 'expected', 'actual', 'replay', 'message', 'reason', 'aborted', 'what', 'failure'],
  ...['requestBody', 'responseBody', 'pointer', 'x-foreign'],
])

let report: Report
beforeAll(async () => {
  const told = trial('trial/told', async (context) => {
    const answer = await context.call('isAlive')
    throw new Violation({ expected: 'x', actual: 'y', pointer: 'z', exchanges: [answer.exchange], replay: 'true' })
  })
  const missing = trial('trial/missing', async () => undefined, { needs: { when: () => 'nothing' } })
  const waived = trial('trial/waived', (context) => failing.run(context))
  const waivers = ['trial/waived', 'trial/nobody'].map((id) => ({ id, reason: 'known' }))
  report = await verify(await startMockTarget(), { checks: [passing, failing, buggy, told, missing, waived], waivers })
  report = { ...report, aborted: 'nothing' }
})

function poison<Value>(value: Value, text: string): Value
function poison(value: unknown, text: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => poison(item, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'requestHeaders' || name === 'responseHeaders'
        ? { 'x-foreign': text }
        : FOREIGN.has(name) && typeof member === 'string'
          ? text
          : poison(member, text),
    ]),
  )
}

/** All that a reporter puts out, its summary behind it. */
function told(name: ReporterName, hostile: Report): string {
  const { text, document, summary } = shown(name, hostile)
  return `${text}${document}${summary}`
}

const OWN = /^::(error|warning|notice) title=[^\n]*::/
/** Tags of the reports themselves have no such name. */
const EVIL = /<\/?evil/

it.each<ReporterName>(['pretty', 'json', 'junit', 'ctrf', 'html', 'github'])(
  'the %s report shows nothing that acts on a terminal, commands a CI job or is markup',
  (name) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const output = told(name, poison(report, `evil${text}`))
        expect(dangers(output, name === 'github' ? OWN : undefined)).toEqual([])
        if (name === 'html' || name === 'junit') expect(output).not.toMatch(EVIL)
        if (name === 'json')
          expect(JSON.parse(output)).toMatchObject({ aborted: JSON.parse(JSON.stringify(`evil${text}`)) as string })
        // A blank line would end the markup of the summary page, and Markdown begin.
        if (name === 'github') expect(output.slice(output.indexOf('\n<h1>'))).not.toMatch(/<\/?evil|\n\s*\n|\n[^<]/)
      }),
      { numRuns: RUNS },
    )
  },
)

it('says in the message of a test runner nothing that acts on a terminal', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      for (const result of poison(report, text).results) {
        const outcome = outcomeOf(result)
        if (outcome.kind === 'failed') expect(dangers(outcome.message)).toEqual([])
      }
    }),
    { numRuns: RUNS },
  )
})

it('has no colours but its own', () => {
  const text = renderTerminal(poison(report, '\u001B[31mred\u009B0m'), { hasColor: true })
  expect(text).toContain('\u001B[')
  expect(text).not.toContain('\u001B[31mred')
  expect(text).not.toContain('\u009B')
})
