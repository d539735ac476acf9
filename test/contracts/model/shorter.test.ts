// The search for the shortest sequence, driven as fast-check drives it: the first candidate that still fails is gone on from.
import { describe, expect, it } from 'vitest'
import type { Intent } from '../../../src/contracts/model/steps/step.js'
import { shorter, START, type SequenceCandidate } from '../../../src/contracts/model/steps/sequences-arbitrary.js'

const step = (kind: Intent['kind'], numbers: Partial<Intent> = {}): Intent => ({
  ...{ kind, who: 7, which: 3, form: 17 },
  ...numbers,
})
const noise = (count: number): Intent[] => Array.from({ length: count }, () => step('getRunner'))

/** Where the search ends, and how many candidates it has tried. */
function search(from: readonly Intent[], fails: (sequence: readonly Intent[]) => boolean) {
  let best: SequenceCandidate = { sequence: from, place: START }
  let tried = 0
  for (let found: SequenceCandidate | undefined = best; found !== undefined;) {
    best = found
    found = undefined
    for (const candidate of shorter(best.sequence, best.place)) {
      tried++
      if (!fails(candidate.sequence)) continue
      found = candidate
      break
    }
  }
  return { sequence: best.sequence, tried }
}

const kindsOf = (sequence: readonly Intent[]): string => sequence.map(({ kind }) => kind).join(' ')

describe('shorter', () => {
  it('leaves nothing in that is not needed, and makes what is left plain', () => {
    const from = [...noise(9), step('createJob'), ...noise(21), step('nextJob'), ...noise(30)]
    const { sequence, tried } = search(from, (each) => /createJob.*nextJob/.test(kindsOf(each)))
    expect(sequence).toEqual([
      step('createJob', { who: 0, which: 0, form: 0 }),
      step('nextJob', { who: 0, which: 0, form: 0 }),
    ])
    expect(tried).toBeLessThan(100)
  })

  it('keeps the numbers that matter', () => {
    const from = [...noise(5), step('listJobs', { form: 6, which: 4 }), ...noise(5)]
    const { sequence } = search(from, (each) =>
      each.some(({ kind, form, which }) => kind === 'listJobs' && form > 2 && which > 1),
    )
    expect(sequence).toEqual([step('listJobs', { who: 0, which: 2, form: 3 })])
  })

  it('takes out together what only together can go', () => {
    const pairs = Array.from({ length: 6 }, () => [step('createJob'), step('cancelJob')]).flat()
    const isBalanced = (each: readonly Intent[]): boolean =>
      each.filter(({ kind }) => kind === 'createJob').length === each.filter(({ kind }) => kind === 'cancelJob').length
    const { sequence } = search(
      [...pairs, step('heartbeat')],
      (each) => kindsOf(each).includes('heartbeat') && isBalanced(each),
    )
    expect(kindsOf(sequence)).toBe('heartbeat')
  })

  it('offers nothing beyond the plainest step', () => {
    expect(
      [...shorter([step('getJob', { who: 0, which: 0, form: 0 })], START)].map(({ sequence }) => sequence),
    ).toEqual([[]])
  })
})
