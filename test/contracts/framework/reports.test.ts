import { Ajv2020 } from 'ajv/dist/2020.js'
import { validate } from 'ctrf'
import { beforeAll, describe, expect, it } from 'vitest'
import schema from '../../../schemas/report.json' with { type: 'json' }
import type { Report, VerifyEvent } from '../../../src/contracts/check/report-model.js'
import { parseBaseline, verify } from '../../../src/contracts/run/verify.js'
import { expectEqual, Violation } from '../../../src/contracts/target/expectation.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { escapeMarkup } from '../../../src/kernel/printable.js'
import { findSharedCauses } from '../../../src/report/report-document.js'
import { verifyDocument } from '../../../src/report/verify-document.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { withBody, withHeaders } from '../../mutants/reply.js'
import { editReply } from '../../mutants/spoils.js'
import { openMockApp, startMockTarget } from './mock-target.js'
import { buggy, passed, passing, trial, failing } from './trial-checks.js'
import {
  hearAll,
  renderAll,
  renderAnnotations,
  renderCtrf,
  renderHtml,
  renderJson,
  renderJunit,
  renderReport,
  renderStepSummary,
} from './shown-report.js'

const KEY = 'very-secret-key'
const OTHER_KEY = 'another-secret-key'

/** Fails, with everything in it that a report must mask or escape. */
const nasty = trial(
  'trial/nasty',
  async (context) => {
    const runner = await context.pair({ agents: ['<script>alert(1)</script>'] })
    const answer = await context.call('getRunner', { path: { runnerId: runner.id } })
    expectEqual('"quoted" & <tagged>\u0001 `ticks`', answer.status, 418, answer)
  },
  { rule: { machine: 'runner', on: 'getRunner', from: 'connected' } },
)
const talkative = trial(
  'trial/talkative',
  async (context) => {
    const path = { runnerId: context.random.uuid() }
    for (const identity of ['main', 'colleague'] as const) {
      const answer = await context.call('getRunner', { path, identity })
      expectEqual(`what ${answer.text} is`, answer.text, identity === 'main' ? answer.text : '', answer)
    }
  },
  { needs: { other: 'colleague' } },
)
const missing = trial('trial/missing', async () => undefined, { needs: { when: () => 'no <such> thing' } })
const paired = { ...passing, rule: { machine: 'runner', on: 'pairingSession.activated' } as const }
const waived = trial('trial/waived', async (context) => expectEqual('it', (await context.call('isAlive')).status, 0))

/** A server that repeats in its errors whose key it was, and in whatever form. */
const tellsKeys = editReply((reply, call) => {
  const key = call.header('authorization')
  if (reply.status !== 404) return withHeaders(reply, { 'x-caller': key })
  return withBody(reply, { code: 404, message: `nothing here for ${key}`, details: key })
})

let report: Report
beforeAll(async () => {
  const mock = createRunnerMock({ scenario: 'empty' })
  const server = await serve(putBefore(mock, [{ touches: 'all', spoil: tellsKeys }]), { port: 0 })
  const target = { url: server.url, apiKey: KEY, other: { apiKey: OTHER_KEY } }
  const waivers = [{ id: 'trial/waived', reason: 'we know' }]
  report = await verify(target, { checks: [paired, nasty, buggy, missing, waived, talkative], waivers, seed: 3 })
  await server.close()
})

describe('reports', () => {
  it('never show a key, a proof or an activation key', () => {
    for (const text of renderAll(report)) {
      expect(text).not.toContain(KEY)
      expect(text).not.toContain(OTHER_KEY)
      expect(text).not.toMatch(/hmac"\s*:\s*"[^*]/)
    }
    expect(renderJson(report)).toContain('***')
  })

  it('hold the steps of a sequence, and how to play it again', async () => {
    const sequence = { steps: ['createJob: 201', '30 s pass'], replay: 'opik-runner-kit verify "<url>" --path 1' }
    const told = trial('trial/told', async () => {
      throw new Violation({ expected: 'x', actual: 'y', pointer: null, exchanges: [], ...sequence })
    })
    const scripted = await verify(openMockApp(), { checks: [told], seed: 3 })
    expect(JSON.parse(renderJson(scripted))).toMatchObject({ results: [{ verdict: { findings: [sequence] } }] })
    expect(renderReport(scripted)).toContain(sequence.replay)
    for (const text of [renderHtml(scripted), renderJunit(scripted), renderStepSummary(scripted)])
      for (const part of [...sequence.steps, sequence.replay]) expect(text).toContain(escapeMarkup(part))
  })
})

describe('the pretty report', () => {
  it('says for each failure what was expected, what came, where the rule is and how to repeat it', () => {
    const text = renderReport(report)
    expect(text).toMatch(/✗ trial\/nasty \(must\).*\n {4}rule {5}x-lifecycle runner: getRunner \(connected\)/)
    expect(text).toMatch(
      /expected .*418\n {4}got {6}200\n {4}spec {5}#\/x-lifecycle\/machines\/runner\/rules\/14\n {4}\$ curl -i -X GET 'http/,
    )
    expect(text).toContain('-H "authorization: $OPIK_API_KEY"')
    expect(text).toMatch(/not run\n {2}no <such> thing\n {4}trial\/missing/)
    expect(text).toMatch(/✗ does not conform: 1 passed, 2 failed, 1 waived, 1 not run, 1 error in .* seed 3\n$/)
  })

  it('draws progress only where a line can be redrawn', () => {
    const started: VerifyEvent = { type: 'check-started', check: passing }
    const events: VerifyEvent[] = [started, { type: 'check-finished', finished: 1, checks: 2, result: passed }, started]
    expect(hearAll('pretty', events).text).toBe('')
    expect(hearAll('pretty', events, { isInteractive: true, columns: 60 }).text).toContain('1/2')
  })
})

it("the CTRF report keeps to CTRF's schema; what is accepted fails nothing, and what did not run is skipped", () => {
  const ctrf = JSON.parse(renderCtrf(report)) as { results: { tests: { testId: string; status: string }[] } }
  expect(validate(ctrf)).toMatchObject({ valid: true })
  const statuses = Object.fromEntries(ctrf.results.tests.map(({ testId, status }) => [testId, status]))
  expect(statuses).toMatchObject({ 'trial/nasty': 'failed', 'trial/missing': 'skipped', 'trial/waived': 'other' })
})

it('the JSON report keeps to its schema, which knows every field', () => {
  const isReport = new Ajv2020().addFormat('date-time', true).compile(strict(schema) as object)
  expect([isReport(JSON.parse(renderJson(report))), isReport.errors]).toEqual([true, null])
})

it('a report as a baseline is of what failed, and of what had a bug', () => {
  const known = parseBaseline(JSON.parse(renderJson(report)))
  expect([...known]).toEqual(['trial/nasty', 'trial/has-a-bug', 'trial/talkative'])
})

it('the JUnit report is well-formed, counts what ran, and skips only what did not run', () => {
  const xml = renderJunit(report)
  expect(xml).toMatch(/<testsuites [^>]*tests="6" failures="2" errors="1" skipped="1"/)
  expect(xml).toMatch(/<property name="suites" value="[^"]*core \d\/\d[^"]*isolation \d\/\d/)
  expect(xml.match(/<skipped /g)).toHaveLength(1)
  expect(xml).toContain('<skipped message="no &lt;such&gt; thing"/>')
  expect(xml).toMatch(/trial\/waived[^>]*>\s*<system-out>waived: we know/)
  expect(xml).not.toContain('\u0001')
  expect(unbalancedTags(xml)).toEqual([])
})

describe('the HTML report', () => {
  it('needs no other file and runs no script', () => {
    const html = renderHtml(report)
    expect(html).not.toMatch(/<script|src=|href=(?!"#)|@import|url\((?!#)/)
    expect(html).toContain('prefers-color-scheme:dark')
    expect(html.match(/<svg /g)).toHaveLength(4)
    expect(html).toContain('&lt;tagged&gt;')
    expect(unbalancedTags(html.slice(html.indexOf('<body>')).replace('</html>', ''))).toEqual([])
  })

  it('opens the first failure alone, and colours what failed red and what was judged green', () => {
    const html = renderHtml(report)
    const failures = html.match(/<details class="failure"[^>]*>/g) ?? []
    expect(failures.map((each) => each.includes(' open'))).toEqual([true, false, false])
    expect(html).toMatch(/<text class="passed"[^>]*>✓ pairingSession\.activated</)
    expect(html).toMatch(/<text class="not-seen"[^>]*>· nextJob</)
    expect(html).toContain('<td class="failed">✗</td>')
    for (const row of ['isolation', 'trial', 'getRunner']) expect(html).toContain(`<th scope="row">${row}</th>`)
  })
})

it('the GitHub report annotates failures on one line each', () => {
  const lines = renderAnnotations(report).trimEnd().split('\n')
  expect(lines).toHaveLength(4)
  expect(lines[0]).toMatch(/^::error title=trial\/nasty::trial\/nasty holds\.%0Aexpected /)
  expect(lines[3]).toMatch(/^::notice title=Contract checks::.*1 passed, 2 failed, 1 waived, 1 not run, 1 error/)
})

/** The same schema, and no field that it does not name. */
function strict(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strict)
  if (typeof part !== 'object' || part === null) return part
  const members = Object.entries(part).map(([name, member]) => [name, strict(member)])
  return { ...('properties' in part && { additionalProperties: false }), ...Object.fromEntries(members) }
}

/** Tags that are not closed, or closed without having been opened. */
function unbalancedTags(markup: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  for (const [, close, name = '', attributes = ''] of markup.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/g)) {
    if (attributes.endsWith('/') || ['br', 'wbr', 'meta'].includes(name)) continue
    if (close === '') open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}

const unknown = Array.from({ length: 12 }, (_, at) =>
  trial(`trial/missing-${at}`, async (context) => {
    const runnerId = context.random.uuid()
    const answer = await context.call('getRunner', { path: { runnerId } })
    expectEqual(`the runner ${runnerId}`, answer.status, 200, answer)
  }),
)

/** Its one exchange is wrong in three ways. */
const thrice = trial('trial/thrice', async (context) => {
  await context.call('findProjects')
})

const checks = [...unknown, failing, thrice]
/** Lists of projects that are no JSON. */
const spoil = editReply((reply) => ({ ...reply, headers: { 'content-type': 'text/plain' }, body: '[]' }))
const reportOf = async (more: object = {}) =>
  verify(await startMockTarget({ layers: [{ touches: new Set(['findProjects']), spoil }] }), { checks, ...more })

describe('reports of many failures', () => {
  it('tell first what most of them have in common', async () => {
    const { cases } = verifyDocument(await reportOf())
    expect(findSharedCauses(cases)).toEqual([
      {
        subject: 'getRunner',
        expected: 'the runner <id> to be 200',
        actual: '404',
        cases: unknown.map(({ id }) => id),
      },
    ])
    const full = await reportOf()
    expect(renderReport(full)).toMatch(/^ +12 {2}getRunner: expected the runner <id> to be 200; got 404$/m)
    expect(renderHtml(full)).toContain('12 failures')
    expect(renderStepSummary(full)).toContain('12 failures')
  })

  it('show an exchange once, however many ways it is wrong', async () => {
    const only = await reportOf({ checks: [thrice] })
    const [result] = only.results
    expect(result?.verdict).toMatchObject({ kind: 'failed', findings: [{}, {}] })
    const commands = renderReport(only).match(/\$ curl/g)
    expect(commands).toHaveLength(1)
    expect(renderJunit(only).match(/\$ curl/g)).toHaveLength(1)
    expect(renderHtml(only).match(/class="curl"/g)).toHaveLength(1)
  })

  it('annotate the first ten, as many as GitHub shows, and hold all in the summary', async () => {
    const full = await reportOf()
    expect(renderAnnotations(full).match(/^::error /gm)).toHaveLength(10)
    expect(renderStepSummary(full).match(/<details class="failure"/g)).toHaveLength(14)
  })

  it('count known failures as passed in JUnit', async () => {
    const known = await reportOf({ baseline: new Set(unknown.map(({ id }) => id)) })
    expect(renderJunit(known)).toMatch(/<testsuites [^>]*tests="14" failures="2" errors="0" skipped="0"/)
    expect(renderJunit(known).match(/<failure /g)).toHaveLength(2)
  })

  it('end with what is new beside a baseline, and with what did not run for want of time', async () => {
    const timed = trial('trial/timed', async () => undefined, { needs: { clock: { seconds: 9999 } } })
    const known = await reportOf({
      baseline: new Set(['trial/fails', 'trial/thrice']),
      checks: [failing, thrice, timed],
    })
    const { outcome } = verifyDocument(known)
    expect(outcome).toMatchObject({ isGood: true, word: 'nothing new' })
    expect(outcome.text).toMatch(/^1 not run for want of time, 2 known failures/)
  })

  it('say what became of waivers and baseline wherever people look', async () => {
    const waivers = [
      { id: 'trial/fails', reason: 'meant to' },
      { id: 'trial/gone', reason: 'was there once' },
    ]
    const full = await reportOf({ waivers, baseline: new Set(['trial/thrice']) })
    for (const text of [renderReport(full), renderHtml(full), renderStepSummary(full)]) {
      expect(text).toContain('There is no check trial/gone.')
    }
    expect(renderAnnotations(full)).toMatch(/^::warning title=waivers and baseline::.*trial\/gone/m)
  })

  it('call no waiver needless that another one covers, too', async () => {
    const waivers = ['trial/*', 'trial/fails'].map((id) => ({ id, reason: 'meant to' }))
    expect((await reportOf({ waivers })).waivers).toEqual([])
  })
})
