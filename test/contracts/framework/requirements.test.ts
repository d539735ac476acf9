// The requirements: every check judges one, every `must` written by hand is seen to be judged, and no id is given twice.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listIds, type Rule } from '../../../scripts/requirements/list-ids.mjs'
import { mutantsOf, readKills } from '../../../scripts/requirements/render-page.mjs'
import { verify } from '../../../src/contracts/run/verify.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import {
  listRequirements,
  requirementOf,
  requirementsById,
  selectChecks,
} from '../../../src/contracts/suites/requirements.js'
import list from '../../../src/contracts/check/requirements.json' with { type: 'json' }
import { startMockTarget } from './mock-target.js'

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

describe('a run', () => {
  it('is chosen, waived and reported by requirement', async () => {
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
