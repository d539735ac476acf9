import { describe, expect, it } from 'vitest'
import { validate, version } from 'uuid'
import { createIdSource, createRandom } from '../../src/kernel/id-source.js'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const many = (source: { next: (now: number) => string }, times: readonly number[]): string[] =>
  times.map((time) => source.next(time))

describe('id source', () => {
  it('makes UUIDs of version 7 that carry their time', () => {
    for (const id of many(createIdSource(3), [0, 1, NOW, NOW + 0.9])) {
      expect(validate(id) && version(id)).toBe(7)
      expect(id).toBe(id.toLowerCase())
    }
    const [id = ''] = many(createIdSource(3), [NOW])
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(NOW)
  })

  it('makes ever greater ids, within one millisecond and when time goes back', () => {
    const source = createIdSource(5)
    const times = Array.from({ length: 5000 }, (_, index) =>
      index % 7 === 0 ? NOW - 1000 : NOW + Math.floor(index / 100),
    )
    const ids = many(source, times)
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('gives the same ids for the same seed, others for another', () => {
    const times = [NOW, NOW, NOW + 1]
    expect(many(createIdSource(9), times)).toEqual(many(createIdSource(9), times))
    expect(many(createIdSource(9), times)).not.toEqual(many(createIdSource(10), times))
  })

  it('goes on from a saved state', () => {
    const source = createIdSource(9)
    many(source, [NOW, NOW])
    const saved = source.save()
    const wanted = many(source, [NOW, NOW + 5])
    const other = createIdSource(1)
    other.load(saved)
    expect(many(other, [NOW, NOW + 5])).toEqual(wanted)
  })
})

describe('random', () => {
  it('stays within its bounds and reaches all of them', () => {
    const random = createRandom(1)
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(6)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5])
    for (let count = 0; count < 1000; count++) {
      const value = random.next()
      expect(value >= 0 && value < 1).toBe(true)
    }
  })

  it('is decided by its seed, and can be saved', () => {
    const [one, two] = [createRandom(7), createRandom(7)]
    expect([one.next(), one.next()]).toEqual([two.next(), two.next()])
    const saved = one.save()
    const wanted = one.next()
    one.load(saved)
    expect(one.next()).toBe(wanted)
  })
})
