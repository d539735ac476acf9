import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { explore, ExploreError } from 'opik-runner-kit/explore'
import { stories } from './stories.js'

/** The same end in every order, for tests that return what they end with. */
const sameEnd = ({ result }) => result

for (const [bug, story] of Object.entries(stories)) {
  describe(bug, () => {
    test('is found, told with few departures, and found again by them', async () => {
      const error = await explore(story(false), { sameEnd }).then(
        () => assert.fail('nothing was found'),
        (thrown) => thrown,
      )
      assert.ok(error instanceof ExploreError, error)
      console.log(error.message)
      const { departures } = error.finding
      assert.ok(departures.length >= 1 && departures.length <= 4)
      await assert.rejects(explore(story(false), { sameEnd, replay: departures }), ExploreError)
    })

    test('is gone from the mended client, whatever the seed', async () => {
      for (let seed = 1; seed <= 10; seed++) await explore(story(true), { sameEnd, seed })
    })
  })
}
