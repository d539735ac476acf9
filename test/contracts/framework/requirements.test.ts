// The requirements: every check judges one, every `must` is seen to be judged, and no id changes its meaning unnoticed.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { freeze, type Entry, type Rule } from '../../../scripts/requirements/freeze.mjs'
import { mutantsOf, readKills } from '../../../scripts/requirements/render-page.mjs'
import { selectChecks } from '../../../src/contracts/run/select-checks.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { listRequirements, requirementOf, requirementsById } from '../../../src/contracts/suites/requirements.js'
import list from '../../../src/contracts/suites/requirements.json' with { type: 'json' }
import { startMockTarget } from './mock-target.js'

const requirements = listRequirements(checks)
const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

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
    const must = requirements.filter(({ severity }) => severity === 'must')
    expect(must.length).toBeGreaterThan(300)
    expect(must.filter((each) => mutantsOf(each, kills).length === 0).map(({ of }) => of)).toEqual([])
  })

  it('are all on the page, in their words', () => {
    const page = read('docs/requirements.md')
    const ids = requirementsById(checks)
    const left = requirements.filter(({ words, checks: [first = ''] }) => {
      return !page.includes(`**${ids.get(first) ?? ''}**`) || !page.includes(words)
    })
    expect(left).toEqual([])
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
  const frozen = freeze([twice, gone], []).list

  const afterChanging = (change: Partial<Entry>): Entry[] =>
    frozen.map((entry) => (entry.of === twice.of ? { ...entry, ...change } : entry))

  it('gives new rules the next numbers of their area', () => {
    expect(frozen.map(({ id, of }) => [id, of])).toEqual([
      ['RUN-001', 'runner/twice'],
      ['RUN-002', 'runner/gone'],
    ])
    const third = { ...twice, of: 'runner/third' }
    expect(freeze([third, twice, gone], frozen).list.at(-1)).toMatchObject({ id: 'RUN-003', of: 'runner/third' })
  })

  it('stays as it is while the rules do', () => {
    expect(freeze([gone, twice], frozen)).toEqual({ list: frozen, problems: [] })
  })

  it('misses a rule that vanishes, unless it was withdrawn', () => {
    expect(freeze([gone], frozen).problems).toEqual([expect.stringContaining('RUN-001')])
    const withdrawn = afterChanging({ withdrawn: true })
    expect(freeze([gone], withdrawn)).toEqual({ list: withdrawn, problems: [] })
    expect(freeze([gone, twice], withdrawn).problems).toEqual([expect.stringContaining('RUN-001')])
  })

  it.each([{ words: 'Twice is twice.' }, { severity: 'should' }])('demands a new version for %j', (change) => {
    const changed = { ...twice, ...change }
    expect(freeze([changed, gone], frozen).problems).toEqual([expect.stringContaining('RUN-001')])
    const raised = freeze([changed, gone], afterChanging({ version: 2 }))
    expect(raised.problems).toEqual([])
    expect(freeze([changed, gone], raised.list)).toEqual({ list: raised.list, problems: [] })
    expect(freeze([twice, gone], raised.list).problems).toHaveLength(1)
  })

  it('keeps an id when its checks get another name', () => {
    const renamed = { ...twice, of: 'runner/again', checks: ['runner/again'] }
    expect(freeze([renamed, gone], afterChanging({ of: 'runner/again' })).problems).toEqual([])
  })

  it('notices an id that stands for two rules', () => {
    expect(freeze([twice, gone], afterChanging({ id: 'RUN-002' })).problems).toHaveLength(1)
  })
})
