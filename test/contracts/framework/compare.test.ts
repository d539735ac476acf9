// Two targets, call by call: what differs in any two runs is passed over, and what differs otherwise is shown.
import { describe, expect, it } from 'vitest'
import type { Check, CheckDefinition } from '../../../src/contracts/check/check.js'
import { compareReports } from '../../../src/report/compare-reports.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { comparisonDocument, type Comparison } from '../../../src/report/comparison-document.js'
import { compare, verify } from '../../../src/contracts/run/verify.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { renderHtml } from '../../../src/report/html-report.js'
import { findCauses } from '../../../src/report/report-document.js'
import { createPaint, renderTerminal } from '../../../src/report/text-report.js'
import type { Layer } from '../../mutants/broken-mock.js'
import type { Spoil } from '../../mutants/mutant.js'
import { answer, itemsOf, textIn, withHeaders, type Members } from '../../mutants/reply.js'
import { editReply, editResource } from '../../mutants/spoils.js'
import { formVariants } from '../fair/forms.js'
import { Dice, layerOf } from '../fair/variant.js'
import { openMockApp, startMockTarget } from './mock-target.js'
import { failing, passing, trial } from './trial-checks.js'

/** Calls of many kinds, an id that comes back and an error among them. */
const run: CheckDefinition['run'] = async (context) => {
  const runner = await context.pair({ agents: ['a', 'b'], capabilities: ['jobs', 'bridge'] })
  const jobId = await runner.createJob()
  await runner.read()
  await context.call('getJob', { path: { jobId } })
  await context.call('getRunner', { path: { runnerId: context.random.uuid() } })
  await context.call('getProjectById', { path: { id: runner.project.id } })
}
const calls = trial('trial/calls', run)

const reportOf = (check: Check, seed: number, layers: readonly Layer[] = []): Promise<Report> =>
  verify(openMockApp({ seed, layers }), { checks: [check], seed: 7, keepExchanges: true })
const plain = new Map<Check, Promise<Report>>()

/** A mock compared with itself, of which one has layers before it. */
async function compared(layers: readonly Layer[], check = calls): Promise<Comparison> {
  plain.set(check, plain.get(check) ?? reportOf(check, 1))
  const a = await plain.get(check)!
  return compareReports(a, await reportOf(check, 2, layers), new Set(check.race ? [check.id] : []))
}

const wheresIn = ({ differing }: Comparison): string[] =>
  differing.flatMap(({ pairs }) => pairs.flatMap(({ differences }) => differences.map(({ where }) => where)))

const layer = (operation: OperationId, spoil: Spoil): Layer => ({ touches: new Set([operation]), spoil })
const shown = (operation: OperationId, edit: (members: Members) => Members): Layer =>
  layer(operation, editResource(edit))

describe('answers', () => {
  const open = 'errors-as-list nanoseconds sets-in-other-order keys-in-other-order location-behind-proxy charset'
  const variants = formVariants.filter(({ id }) => open.split(' ').includes(id))
  it.each<[string, Layer]>([
    ...variants.map((each): [string, Layer] => [each.what, layerOf(each, new Dice(1, 1, each.id))]),
    ['who has made it', shown('getProjectById', (project) => ({ ...project, created_by: 'ada' }))],
  ])('differ as those of any two servers do: %s', async (_name, other) => {
    expect(await compared([other])).toMatchObject({ exitCode: 0, differing: [], alike: ['trial/calls'] })
  })

  it('differ as those of any two servers do: commits of prompts', async () => {
    const check = checks.find(({ id }) => id === 'prompts/commit')
    expect(await compared([], check)).toMatchObject({ differing: [], alike: ['prompts/commit'] })
  })

  const notFound = (status: number, body: object): Layer =>
    layer(
      'getRunner',
      editReply((reply) => (reply.status === 404 ? answer(status, body) : reply)),
    )
  const headers = (operation: OperationId, others: Parameters<typeof withHeaders>[1]): Layer =>
    layer(
      operation,
      editReply((reply) => withHeaders(reply, others)),
    )
  it.each<[string, Layer]>([
    ['status', notFound(400, { errors: [] })],
    ['body ', notFound(404, { code: 404 })],
    ['body /status', shown('getJob', (job) => ({ ...job, status: 'failed' }))],
    ['body /error', shown('getJob', (job) => ({ ...job, error: null }))],
    ['body /agents', shown('getRunner', (runner) => ({ ...runner, agents: itemsOf(runner['agents']).slice(1) }))],
    ['body /id', shown('getJob', (job) => ({ ...job, id: textIn(job, 'id').toUpperCase() }))],
    ['body /runner_id', shown('getJob', (job) => ({ ...job, runner_id: job['id'] }))],
    ['header location', headers('createJob', { location: undefined })],
    ['header content-type', headers('getJob', { 'content-type': 'text/html' })],
  ])('differ in %s', async (where, other) => {
    expect(wheresIn(await compared([other]))).toContain(where)
  })
})

describe('calls', () => {
  /** A check that makes so many calls in its first run, and so many in its second. */
  const counted = (...counts: number[]) =>
    trial('trial/counted', async (context) => {
      const count = counts.shift() ?? 0
      for (let at = 0; at < count; at++) await context.call('isAlive')
      await context.call('findProjects')
    })

  it('are matched in their order, however often one is repeated', async () => {
    for (const check of [counted(2, 1), counted(1, 3)]) expect(wheresIn(await compared([], check))).toEqual([])
  })

  it('differ when only one of the targets gets one', async () => {
    expect(wheresIn(await compared([], counted(1, 0)))).toEqual(['call'])
  })

  it('do not count where they hang on chance', async () => {
    const racing = trial('trial/racing', run, { race: true })
    const other = shown('getJob', (job) => ({ ...job, agent_name: 'b' }))
    expect(await compared([other], racing)).toMatchObject({ exitCode: 0, byVerdict: ['trial/racing'] })
  })
})

describe('verdicts', () => {
  const reportOn = (check: Check, needs = {}) =>
    reportOf({ ...check, id: 'trial/x', needs: { ...check.needs, ...needs } }, 1)
  const against = async (other: Promise<Report>) => compareReports(await reportOn(passing), await other, new Set())

  it('differ when one check fails', async () => {
    expect(await against(reportOn(failing))).toMatchObject({ exitCode: 1, differing: [{ id: 'trial/x' }] })
  })

  it('are not compared when one check did not run, and the reason is told', async () => {
    const { exitCode, notCompared } = await against(reportOn(passing, { when: () => 'needs a clock' }))
    expect(exitCode).toBe(0)
    expect(Object.entries(notCompared)).toEqual([[expect.stringContaining('needs a clock'), ['trial/x']]])
  })

  it('of a run that was cut short say nothing', async () => {
    const cut = reportOn(passing).then((report) => ({ ...report, aborted: 'interrupted' }))
    expect((await against(cut)).exitCode).toBe(2)
  })
})

describe('compare', () => {
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
