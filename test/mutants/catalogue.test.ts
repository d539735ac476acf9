// The mutants themselves: a sound catalogue, and a sample that dies of the right checks. All of them are run by
// `npm run test:mutants`.
import { describe, expect, it } from 'vitest'
import { checks } from '../../src/contracts/suites/all-checks.js'
import { handWritten, mutants } from './catalogue.js'
import { defineMutant, type Mutant } from './mutant.js'
import { answer, refusal } from './reply.js'
import { wasKilled, runMutant, type MutantOutcome } from './run-mutant.js'

const checkIds = new Set(checks.map(({ id }) => id))
const areas = new Set(checks.map(({ area }) => area))

/** Some mistakes that servers of this API have made, and a check that notices each. */
const known = Object.entries({
  'long-poll/nothing-as-no-content': 'long-poll/job-poll-ends-with-null',
  'job/createJob.mask_id-forgotten': 'job/carries-mask-id',
  'lifecycle/activatePairingSession.409-as-success': 'pairing/second-activation',
  'wire/errors-of-another-shape': 'wire/errors',
})

const unbroken = defineMutant('system/none', 'There is none.', {})

function find(id: string): Mutant {
  return mutants.find((mutant) => mutant.id === id) ?? unbroken
}

function run(mutant: Mutant, ...ids: readonly string[]): Promise<MutantOutcome> {
  return runMutant(
    mutant,
    checks.filter(({ id }) => ids.includes(id)),
  )
}

describe('the catalogue', () => {
  it('gives each mutant an id of its own, in an area of the checks', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
    expect(mutants.filter(({ area }) => !areas.has(area)).map(({ id }) => id)).toEqual([])
    expect(mutants.filter((mutant) => mutant.areas.some((area) => !areas.has(area))).map(({ id }) => id)).toEqual([])
  })

  it('names checks that there are', () => {
    const named = mutants.flatMap(({ only = [] }) => only)
    expect(named.filter((id) => !checkIds.has(id))).toEqual([])
    expect(mutants.filter(({ only }) => only?.length === 0).map(({ id }) => id)).toEqual([])
  })

  it('says each mistake in a sentence', () => {
    const mistakes = handWritten.map(({ id, mistake }) => [id, mistake])
    for (const each of mistakes) expect(each).toEqual([each[0], expect.stringMatching(/^[\p{Lu}a-z].*\.$/u)])
    expect(new Set(mistakes.map(([, mistake]) => mistake)).size).toBe(mistakes.length)
  })

  it('breaks something in every mutant', () => {
    const idle = mutants.filter(({ spoil, settings }) => spoil === undefined && Object.keys(settings).length === 0)
    expect(idle.map(({ id }) => id)).toEqual([])
  })

  it('has mutants in every area', () => {
    expect([...areas].filter((area) => !mutants.some((mutant) => mutant.area === area))).toEqual([])
  })
})

describe('a mutant', () => {
  it.each(known)('%s dies of %s', async (id, check) => {
    const outcome = await run(find(id), check)
    expect(outcome).toMatchObject({ mutant: id, killers: [check], crashes: [] })
    expect(wasKilled(find(id), outcome)).toBe(true)
  })

  it('without a mistake passes the same checks', async () => {
    const outcome = await run(unbroken, ...known.map(([, check]) => check))
    expect(outcome).toMatchObject({ killers: [], crashes: [] })
  })

  it('that breaks down is told from one that is noticed', async () => {
    const spoilers = [() => refusal(500), () => Promise.reject(new Error('No.'))]
    for (const spoiler of spoilers) {
      const broken = defineMutant('runner/down', '.', { touches: ['getRunner'], spoil: () => spoiler })
      const { crashes } = await run(broken, 'runner/reading-changes-nothing')
      expect(crashes).not.toEqual([])
    }
    expect((await run(find('schema/unknown-as-server-error'), 'schema/getJob.404')).crashes).toEqual([])
  })

  it('is killed by a check of its area and of its severity only', () => {
    const mutant = defineMutant('job/x', '.', { touches: ['getJob'], spoil: () => () => answer(204) })
    const outcome = { mutant: 'job/x', checks: 1, crashes: [], seconds: 0 }
    expect(wasKilled(mutant, { ...outcome, killers: ['job/minimal'] })).toBe(true)
    expect(wasKilled(mutant, { ...outcome, killers: ['paging/jobs-total'] })).toBe(false)
    expect(wasKilled(mutant, { ...outcome, killers: ['job/timeout-fixed-at-creation'] })).toBe(false)
    expect(wasKilled(mutant, { ...outcome, killers: [] })).toBe(false)
  })
})
