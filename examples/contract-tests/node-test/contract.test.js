import { after, describe, test } from 'node:test'
import { checks, outcomeOf, startSuite } from 'opik-runner-kit/contracts'
import { startTarget } from '../target.js'

// Checks are data: choose among them as you like, and make a test of each.
const chosen = checks.filter(({ area }) => ['system', 'runner', 'job'].includes(area))

const { url, close } = await startTarget()
const suite = startSuite({ url }, { checks: chosen }) // all of them at once
after(async () => {
  await suite.end()
  await close()
})

for (const area of new Set(chosen.map((check) => check.area))) {
  describe(area, () => {
    for (const { id, title } of chosen.filter((check) => check.area === area)) {
      test(`${id}: ${title}`, async (t) => {
        const outcome = outcomeOf(await suite.resultOf(id))
        if (outcome.kind === 'skipped') t.skip(outcome.reason)
        if (outcome.kind === 'failed') throw new Error(outcome.message)
      })
    }
  })
}
