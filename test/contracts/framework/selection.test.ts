// Which checks there are, which of them run, and what a report counts: ids, suites, requirements, the lifecycle.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseBaseline, verify } from '../../../src/contracts/run/verify.js'
import {
  selectChecks,
  type SuiteName,
  suiteNames,
  suiteOf,
  listRequirements,
  requirementOf,
  requirementsById,
} from '../../../src/contracts/suites/requirements.js'
import { resolveTarget } from '../../../src/contracts/target/target.js'
import { parseWaivers } from '../../../src/contracts/check/check.js'
import type { Check } from '../../../src/contracts/check/check.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { listIds, type Rule } from '../../../scripts/requirements/list-ids.mjs'
import { mutantsOf, readKills } from '../../../scripts/requirements/render-page.mjs'
import list from '../../../src/contracts/check/requirements.json' with { type: 'json' }
import { openMockApp, startMockTarget } from './mock-target.js'
import { trial, passing } from './trial-checks.js'
import { renderAnnotations, renderHtml, renderJunit, renderReport, renderStepSummary } from './shown-report.js'

const nothing = async () => undefined
const three = [trial('a/one', nothing), trial('a/two', nothing), trial('b/one', nothing, { needs: { other: 'any' } })]
const ids = (selected: readonly { id: string }[]) => selected.map(({ id }) => id)

it('defineCheck refuses an id that is not area/what', () => {
  expect(() => trial('Job/Fifo', nothing)).toThrow('area/what')
  expect(() => trial('job', nothing)).toThrow('area/what')
})

describe('selectChecks', () => {
  it('takes all, areas, ids, and patterns of ids', () => {
    expect(selectChecks(three, {})).toHaveLength(3)
    expect(ids(selectChecks(three, { areas: ['b'] }))).toEqual(['b/one'])
    expect(ids(selectChecks(three, { ids: ['*/one'] }))).toEqual(['a/one', 'b/one'])
    expect(ids(selectChecks(three, { areas: ['a'], ids: ['a/two'] }))).toEqual(['a/two'])
  })

  it('refuses what matches nothing, and names what there is', () => {
    expect(() => selectChecks(three, { areas: ['c'] })).toThrow('a, b')
    expect(() => selectChecks(three, { ids: ['a/three'] })).toThrow('a/one, a/two')
  })
})

it('verify refuses two checks with one id', async () => {
  const twice = [trial('a/one', nothing), trial('a/one', nothing)]
  await expect(verify({ url: 'http://127.0.0.1:1' }, { checks: twice })).rejects.toMatchObject({
    code: 'check/duplicate',
  })
})

describe('a path', () => {
  it('is refused unless it is one, for one check', async () => {
    const at = (path: string, only: string[]) => verify({ url: 'http://127.0.0.1:1' }, { checks: three, only, path })
    for (const attempt of [at('0:1', ['a/*']), at('first', ['a/one']), at('', ['a/one'])]) {
      await expect(attempt).rejects.toMatchObject({ code: 'checks/path' })
    }
    await expect(at('0:1', ['a/one'])).rejects.toMatchObject({ code: 'target/unreachable' })
  })

  it('reaches the check, as the number of sequences does', async () => {
    const seen: unknown[] = []
    const reader = trial('a/reader', async ({ path, runs }) => void seen.push([path, runs]))
    const target = openMockApp()
    await verify(target, { checks: [reader], runs: 7 })
    await verify(target, { checks: [reader], path: '3:0:1' })
    expect(seen).toEqual([
      [undefined, 7],
      ['3:0:1', 8],
    ])
  })
})

it('the old word for quirks still selects, waives and is known', () => {
  const quirk = trial('quirks/one', async () => undefined)
  const given = [...three, quirk]
  expect(selectChecks(given, { ids: ['accidents/*'] })).toEqual([quirk])
  expect(selectChecks(given, { areas: ['accidents'] })).toEqual([quirk])
  expect(parseWaivers([{ id: 'accidents/one', reason: 'x' }])).toEqual([{ id: 'quirks/one', reason: 'x' }])
  expect([...parseBaseline(['accidents/one', 'ACCIDENT-001'])]).toEqual(['quirks/one', 'QUIRK-001'])
})

it('resolveTarget drops slashes at the end and fills in the limits', () => {
  const target = resolveTarget({ url: 'http://host/api//', limits: { job_timeout_seconds: 60 } })
  expect(target.url).toBe('http://host/api')
  expect(target.limits).toMatchObject({ job_timeout_seconds: 60, heartbeat_ttl_seconds: 15 })
})

const of = (suite: SuiteName): Check[] => checks.filter((check) => suiteOf(check) === suite)
const timed = trial('trial/timed', nothing, { needs: { clock: { seconds: 9999 } } })
const alone = trial('trial/alone', nothing, { needs: { other: 'stranger' } })
const optional = trial('trial/optional', nothing, { needs: { clock: { seconds: 9999 } }, severity: 'should' })

describe('suites', () => {
  it('of core and bridge need neither a clock nor a second user', () => {
    const needy = [...of('core'), ...of('bridge')].filter(({ needs }) => needs.clock ?? needs.other)
    expect(needy.map(({ id }) => id)).toEqual([])
  })

  it('are chosen by name, together with areas and ids', () => {
    const some = [passing, timed, alone]
    const ids = (selection: Parameters<typeof selectChecks>[1]) => selectChecks(some, selection).map(({ id }) => id)
    expect(ids({ suites: ['time', 'isolation'] })).toEqual(['trial/timed', 'trial/alone'])
    expect(ids({ suites: ['time'], areas: ['trial'] })).toEqual(['trial/timed'])
    expect(() => ids({ suites: ['bridge'] })).toThrow(expect.objectContaining({ code: 'checks/unknown' }))
    expect(() => ids({ suites: ['core'], require: ['time'] })).toThrow(
      expect.objectContaining({ code: 'checks/required' }),
    )
    expect(() => ids({ suites: ['time'], ids: ['trial/alone'] })).toThrow(
      expect.objectContaining({ code: 'checks/none' }),
    )
  })

  it('but that of the neighbours run when nothing is chosen; it runs when it is asked for in any way', () => {
    const suites = (selection: Parameters<typeof selectChecks>[1]) =>
      new Set(selectChecks(undefined, selection).map((check) => suiteOf(check)))
    expect(suites({})).toEqual(new Set(suiteNames.filter((name) => name !== 'neighbours')))
    expect(suites({ require: ['neighbours'] })).toEqual(new Set(suiteNames))
    for (const asked of [{ suites: ['neighbours'] }, { areas: ['projects'] }, { ids: ['projects/*'] }] as const) {
      expect(suites(asked)).toContain('neighbours')
    }
  })

  it('are counted in the report', async () => {
    const { suites } = await verify(await startMockTarget({ auth: 'local' }), { checks: [passing, timed, alone] })
    expect(suites).toMatchObject({ core: { passed: 1 }, isolation: { notRun: 1 }, time: { notRun: 1 } })
    expect(Object.keys(suites)).toEqual(['core', 'isolation', 'time'])
  })
})

describe('a required suite', () => {
  const run = async (require: SuiteName[], some: readonly Check[]) =>
    verify(await startMockTarget(), { checks: some, require })

  it('fails the run when a must of it did not run, and says what that needs', async () => {
    const report = await run(['core', 'time'], [passing, timed])
    expect(report.exitCode).toBe(1)
    const [verdict] = report.results.flatMap((each) => (each.verdict.kind === 'not-run' ? each.verdict.reason : []))
    expect(report.unmet).toEqual([{ suite: 'time', reason: verdict, checks: ['trial/timed'] }])
    for (const render of [renderReport, renderHtml, renderJunit, renderAnnotations, renderStepSummary])
      expect(render(report)).toMatch(/required[^]*time[^]*trial\/timed/)
  })

  it('is complete without what should be, and without other suites', async () => {
    expect(await run(['core'], [passing, timed])).toMatchObject({ exitCode: 0, unmet: [] })
    expect(await run(['time'], [passing, optional])).toMatchObject({ exitCode: 0, unmet: [] })
  })
})

const requirements = listRequirements(checks)
const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

/** What is made of the tables has mutants that are, too: a rule that joins them needs no run of all mutants first. */
const isMade = (of: string): boolean => /^(lifecycle|schema|negative-input)\//.test(of)

describe('the requirements', () => {
  it('have an id each, and a check', () => {
    expect(new Set(list.map(({ id }) => id)).size).toBe(list.length)
    const known = new Set(list.map(({ of }) => of))
    expect(requirements.filter(({ of }) => !known.has(of)).map(({ of }) => of)).toEqual([])
    expect(requirements.filter((each) => each.checks.length === 0)).toEqual([])
  })

  it('are judged by every check, of one severity', () => {
    expect(checks.filter((check) => requirementOf(check) === undefined).map(({ id }) => id)).toEqual([])
    const severities = new Map(checks.map(({ id, severity }) => [id, severity]))
    const mixed = requirements.filter((each) => each.checks.some((id) => severities.get(id) !== each.severity))
    expect(mixed.map(({ of }) => of)).toEqual([])
  })

  it('have, where clients break without them, a mutant that their checks notice', () => {
    const kills = readKills(read('docs/mutants.md'), new Set(checks.map(({ id }) => id)))
    const must = requirements.filter(({ severity, of }) => severity === 'must' && !isMade(of))
    expect(must.length).toBeGreaterThan(150)
    expect(must.filter((each) => mutantsOf(each, kills).length === 0).map(({ of }) => of)).toEqual([])
  })

  it('choose their checks', () => {
    const [first] = requirements.filter((each) => each.checks.length > 3)
    const id = requirementsById(checks).get(first?.checks[0] ?? '') ?? ''
    expect(selectChecks(checks, { ids: [id] }).map((check) => check.id)).toEqual(first?.checks)
  })
})

it('a run is chosen, waived and reported by requirement', async () => {
  const target = await startMockTarget()
  const waivers = [{ id: 'SYS-002', reason: 'Known.' }]
  const report = await verify(target, { only: ['SYS-001', 'SYS-002'], waivers, keepExchanges: true })
  expect(report.results.map(({ id, requirement }) => [id, requirement])).toEqual([
    ['system/is-alive', 'SYS-001'],
    ['system/trailing-slash', 'SYS-002'],
  ])
  expect(report.results[0]?.exchanges).not.toEqual([])
  expect(report.waivers).toMatchObject([{ id: 'SYS-002', kind: 'needless' }])
})

describe('the list of ids', () => {
  const twice: Rule = { of: 'runner/twice', severity: 'must', words: 'Twice is once.', checks: ['runner/twice'] }
  const gone: Rule = { of: 'runner/gone', severity: 'must', words: 'Gone is gone.', checks: ['runner/gone'] }
  const { list: ids } = listIds([twice, gone], [])

  it('gives new rules the next numbers of their area', () => {
    expect(ids).toEqual([
      { id: 'RUN-001', of: 'runner/twice' },
      { id: 'RUN-002', of: 'runner/gone' },
    ])
    const third = { ...twice, of: 'runner/third' }
    expect(listIds([third, twice, gone], ids).list.at(-1)).toEqual({ id: 'RUN-003', of: 'runner/third' })
  })

  it('stays as it is whatever becomes of the words', () => {
    expect(listIds([gone, { ...twice, words: 'Twice is twice.', severity: 'should' }], ids).list).toEqual(ids)
  })

  it('keeps the id of a rule that is gone, and gives it to that rule alone', () => {
    const { list: left } = listIds([twice], ids)
    expect(left[1]).toEqual({ id: 'RUN-002', of: 'runner/gone', withdrawn: true })
    expect(listIds([twice, { ...gone, of: 'runner/new' }], left).list.at(-1)?.id).toBe('RUN-003')
    expect(listIds([twice, gone], left).list).toEqual(ids)
  })

  it('keeps an id when its checks get another name', () => {
    const again = ids.map((entry) => (entry.of === twice.of ? { ...entry, of: 'runner/again' } : entry))
    expect(listIds([{ ...twice, of: 'runner/again' }, gone], again).list).toEqual(again)
  })

  it('notices an id that stands for two rules, and a rule that names another one', () => {
    expect(
      listIds(
        [twice, gone],
        ids.map((entry) => ({ ...entry, id: 'RUN-002' })),
      ).problems,
    ).toHaveLength(1)
    expect(listIds([{ ...twice, id: 'RUN-007' }, gone], ids).problems).toHaveLength(1)
  })
})

it('lifecycle coverage counts the decisions that checks have judged, by their rules', async () => {
  const rules = [
    { machine: 'job', on: 'delivery.failed' },
    { machine: 'job', on: 'cancelJob', from: 'pending' },
    // Which of its rules has decided is not known.
    { machine: 'job', on: 'reportJobResult' },
    { machine: 'runner', on: 'timer.heartbeat_ttl' },
  ] as const
  const passing = rules.map((rule, at) => trial(`trial/passing-${at}`, async () => undefined, { rule }))
  const failing = trial('trial/failing', (context) => context.expectCall(204, 'cancelJob', { path: { jobId: 'x' } }), {
    rule: { machine: 'job', on: 'nextJob', from: 'pending' },
  })
  const { lifecycle } = await verify(openMockApp(), { checks: [...passing, failing] })
  const judged = lifecycle.machines.flatMap(({ machine, edges }) =>
    edges.flatMap(({ on, from, to, outcome }) =>
      outcome === 'not-seen' ? [] : [`${machine} ${on} ${from} ${to}: ${outcome}`],
    ),
  )
  expect(judged).toEqual([
    'runner timer.heartbeat_ttl connected disconnected: passed',
    'job nextJob pending running: failed',
    'job delivery.failed running pending: passed',
    'job cancelJob pending cancelled: passed',
  ])
  expect(lifecycle.states).toMatchObject({ seen: 5 })
  expect(lifecycle.timers).toMatchObject({ seen: 1 })
  expect(lifecycle.pairs).toMatchObject({ seen: 2 })
})
