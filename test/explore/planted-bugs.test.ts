// The planted bugs of examples/explore are found, shrunk and repeated; the mended clients have none.
import { describe, expect, it } from 'vitest'
import { explore, type ExploreContext } from '../../src/explore/index.js'
import { findingOf } from './finding-of.js'

type Story = (mended: boolean) => (context: ExploreContext) => Promise<unknown>

const place: string = '../../examples/explore/stories.js'
const { stories } = (await import(place)) as { stories: Readonly<Record<string, Story>> }
const sameEnd = ({ result }: { result: unknown }): unknown => result

/** CI goes as far as a user would; the example itself does so, too. */
const [seeds, ORDERS] =
  process.env['KIT_ALL_SEEDS'] === undefined ? [[1], 60] : [Array.from({ length: 10 }, (_, at) => at + 1), 200]

it('has the six bugs of the example', () => {
  expect(Object.keys(stories)).toHaveLength(6)
})

describe.each(Object.entries(stories))('%s', (_, story) => {
  it('is found, shrunk to few departures, and repeated by them', async () => {
    const { departures, orders } = await findingOf(explore(story(false), { sameEnd }))
    expect(orders).toBeLessThanOrEqual(200)
    expect(departures.length).toBeGreaterThan(0)
    expect(departures.length).toBeLessThanOrEqual(4)
    const again = await findingOf(explore(story(false), { sameEnd, replay: departures }))
    expect(again.departures).toEqual(departures)
    expect(again.isRepeatable).toBe(true)
  })

  it('is not there in the mended client', async () => {
    for (const seed of seeds) await explore(story(true), { sameEnd, seed, orders: ORDERS })
  })
})
