// Two targets, call by call: what differs in any two runs is passed over, and what differs otherwise is shown.
import { describe, expect, it } from 'vitest'
import { compareReports, type Comparison, type Difference } from '../../../src/contracts/check/comparison.js'
import type { CheckResult, Report } from '../../../src/contracts/check/report-model.js'
import { comparisonDocument } from '../../../src/contracts/report/comparison-report.js'
import { renderHtml } from '../../../src/report/html-report.js'
import { findCauses } from '../../../src/report/report-document.js'
import { createPaint, renderTerminal } from '../../../src/report/text-report.js'
import { compare } from '../../../src/contracts/run/compare.js'
import type { Exchange } from '../../../src/contracts/target/recorded-exchange.js'
import { startMockTarget } from './mock-target.js'

const [A, B] = ['http://a.test/api', 'https://b.test:8443/opik/api']
const [ID, OTHER] = ['01a20e6b-a908-700a-821f-af2627f7e79d', '0190b8d6-c000-7002-95f4-0016f094287a']

interface Told {
  path?: string
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

/** A report of one check that has made these calls. */
function reportOf(url: string, calls: readonly Told[], changes: Partial<CheckResult> = {}): Report {
  const exchanges = calls.map(({ path = '/runners', status = 200, headers = {}, body }, at): Exchange => {
    return {
      ...{ number: at + 1, operation: 'getRunner', identity: 'main', method: 'GET', url: `${url}${path}` },
      ...{ requestHeaders: {}, requestBody: null, status, responseHeaders: headers, failure: null },
      ...{ responseBody: JSON.stringify(body ?? {}), startedMs: 0, tookMs: 1 },
    }
  })
  const result: CheckResult = {
    ...{ id: 'trial/x', area: 'trial', requirement: null, title: 'It holds.', rule: { operation: 'getRunner' } },
    ...{ severity: 'must', verdict: { kind: 'passed' }, isKnown: false, durationMs: 1, requests: exchanges.length },
    ...{ operations: [], quirks: [], exchanges, ...changes },
  }
  const target = { url, workspace: null, hasClock: false, identities: [], projects: 'own' as const }
  const totals = { passed: 1, failed: 0, unsteady: 0, waived: 0, notRun: 0, errors: 0, known: 0 }
  const share = { seen: 0, total: 0 }
  return {
    ...{ format: 1, kitVersion: '0', target, seed: 7, startedAt: '2026-01-01T00:00:00Z', durationMs: 1, requests: 1 },
    ...{ totals, suites: {}, areas: {}, operations: {}, missing: [], unmet: [], results: [result], quirks: [] },
    lifecycle: { machines: [], states: share, transitions: share, timers: share, pairs: share },
    ...{ waivers: [], fixed: [], worse: [], aborted: null, exitCode: 0 },
  }
}

function differences(a: readonly Told[], b: readonly Told[]): Difference[] {
  const { differing } = compareReports(reportOf(A, a), reportOf(B, b), new Set())
  return differing.flatMap(({ pairs }) => pairs.flatMap((pair) => pair.differences))
}

describe('answers', () => {
  const path = `/v1/private/jobs/${ID}`
  const [name, other] = ['contract-agent-mabcdefgh1-1', 'contract-agent-mzzzzzzzz2-2f']
  it.each<[string, Told['body'], Told['body']]>([
    ['ids, also as names of members', { id: ID, map: { [ID]: 1 } }, { id: OTHER, map: { [OTHER]: 1 } }],
    ['times', { at: '2026-01-01T00:00:00Z' }, { at: '2026-02-01T10:00:00.123456Z' }],
    ['names of a run', { name }, { name: other }],
    ['commits', { commit: '6f7a8b9c' }, { commit: '00112233' }],
    ['the order of a set', { capabilities: ['jobs', 'bridge'] }, { capabilities: ['bridge', 'jobs'] }],
    ['the order of agents', { agents: [{ name: 'a' }, { name: 'b' }] }, { agents: [{ name: 'b' }, { name: 'a' }] }],
    ['who has made it', { created_by: 'admin' }, { created_by: 'ada' }],
  ])('differ in %s as any two do', (_name, a, b) => {
    expect(differences([{ body: a }], [{ body: b }])).toEqual([])
  })

  it.each<[string, string, string, string]>([
    ['addresses', 'location', `${A}${path}`, `${B}/v1/private/jobs/${OTHER}`],
    ['ports', 'location', 'http://a.test/ui', 'https://b.test:8443/ui'],
    ['addresses behind a proxy', 'location', `${A}${path}`, `http://b.test/v1/jobs/${OTHER}`],
    ['parameters of media types', 'content-type', 'application/json', 'application/json; charset=utf-8'],
  ])('differ in %s as any two do', (_name, header, a, b) => {
    expect(differences([{ headers: { [header]: a } }], [{ headers: { [header]: b } }])).toEqual([])
  })

  it.each<[string, unknown]>([
    ['declared shape', { code: 404, message: 'Gone.', details: '?' }],
    ['words', { errors: ['Gone.'] }],
  ])('differ in the %s of errors as any two do', (_name, body) => {
    expect(differences([{ status: 404, body: { errors: ['No.'] } }], [{ status: 404, body }])).toEqual([])
  })

  it.each<[string, Told, Told, string]>([
    ['status', { status: 404 }, { status: 400 }, 'status'],
    ['value', { body: { job: { status: 'failed' } } }, { body: { job: { status: 'running' } } }, 'body /job/status'],
    ['member', { body: { a: null } }, { body: {} }, 'body /a'],
    ['length', { body: { list: [1] } }, { body: { list: [1, 2] } }, 'body /list'],
    ['letter case of ids', { body: { id: ID } }, { body: { id: OTHER.toUpperCase() } }, 'body /id'],
    ['shape of errors', { status: 404, body: { errors: ['No.'] } }, { status: 404, body: { code: 404 } }, 'body '],
    ['header', { headers: { location: `${A}/jobs/${ID}` } }, { headers: {} }, 'header location'],
    [
      'media type',
      { headers: { 'content-type': 'text/html' } },
      { headers: { 'content-type': 'x/y' } },
      'header content-type',
    ],
  ])('differ in their %s', (_name, a, b, where) => {
    expect(differences([a], [b])[0]).toMatchObject({ where })
  })

  it('differ where an id comes back and another does there', () => {
    const [first, again] = [{ body: { id: ID } }, { body: { id: ID } }]
    expect(differences([first, again], [{ body: { id: OTHER } }, { body: { id: OTHER } }])).toEqual([])
    expect(differences([first, again], [{ body: { id: OTHER } }, { body: { id: ID } }])).toHaveLength(1)
  })
})

describe('calls', () => {
  it('are matched in their order, however often one is repeated', () => {
    const [ask, tell] = [{ path: '/ask' }, { path: '/tell', body: { done: true } }]
    expect(differences([ask, ask, tell], [ask, tell])).toEqual([])
    expect(differences([ask, tell], [ask, ask, ask, tell])).toEqual([])
  })

  it('differ when only one of the targets gets one', () => {
    expect(differences([{ path: '/ask' }, { path: '/tell' }], [{ path: '/ask' }])).toMatchObject([{ where: 'call' }])
  })

  it('do not count where they hang on chance', () => {
    const [a, b] = [reportOf(A, [{ status: 200 }]), reportOf(B, [{ status: 404 }])]
    const loose = compareReports(a, b, new Set(['trial/x']))
    expect(loose).toMatchObject({ exitCode: 0, alike: ['trial/x'], byVerdict: ['trial/x'] })
  })
})

describe('verdicts', () => {
  const passed = reportOf(A, [])
  const with_ = (verdict: CheckResult['verdict']): Comparison =>
    compareReports(passed, reportOf(B, [], { verdict }), new Set())

  it('differ when one check fails', () => {
    expect(with_({ kind: 'error', message: 'No.' })).toMatchObject({ exitCode: 1, differing: [{ id: 'trial/x' }] })
  })

  it('are not compared when one check did not run, and the reason is told', () => {
    const { exitCode, notCompared } = with_({ kind: 'not-run', reason: 'needs a clock' })
    expect(exitCode).toBe(0)
    expect(Object.entries(notCompared)).toEqual([[expect.stringContaining('needs a clock'), ['trial/x']]])
  })

  it('of a run that was cut short say nothing', () => {
    expect(compareReports(passed, { ...passed, aborted: 'interrupted' }, new Set()).exitCode).toBe(2)
  })
})

describe('compare', () => {
  it('finds no difference between a mock and itself', async () => {
    const [a, b] = await Promise.all([
      startMockTarget({ seed: 1, clock: true }),
      startMockTarget({ seed: 2, clock: true }),
    ])
    const { exitCode, differing, alike } = await compare(a, b, { areas: ['heartbeat'] })
    expect(differing).toEqual([])
    expect(exitCode).toBe(0)
    expect(alike.length).toBeGreaterThan(15)
  })

  it('shows what the profile of today’s server does otherwise', async () => {
    const [a, b] = await Promise.all([startMockTarget(), startMockTarget({ profile: 'opik' })])
    const only = ['quirks/null-agent', 'quirks/delete-span', 'runner/*']
    const comparison = await compare(a, b, { only, seed: 7 })
    expect(comparison.exitCode).toBe(1)
    expect(comparison.differing.map(({ id }) => id).toSorted()).toEqual(['quirks/delete-span', 'quirks/null-agent'])
    const document = comparisonDocument(comparison)
    expect(findCauses(document.cases)).toContainEqual({
      ...{ subject: 'registerAgents', expected: 'status: 400', actual: '500' },
      cases: ['quirks/null-agent'],
    })
    const text = renderTerminal(document, createPaint(false), { columns: Infinity, file: undefined })
    expect(text.split('\n').length).toBeLessThan(120)
    const html = renderHtml(document)
    for (const shown of [a.url, b.url, 'quirks/null-agent', 'curl -i']) expect(html).toContain(shown)
  })

  it('asks the first for nothing where the second does not answer', async () => {
    const a = await startMockTarget()
    const b = { url: 'http://127.0.0.1:1/api' }
    await expect(compare(a, b, { areas: ['system'] })).rejects.toMatchObject({ code: 'target/unreachable' })
    expect(a.mock.journal.entries()).toEqual([])
  })
})
