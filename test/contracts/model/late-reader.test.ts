// A reader whose wait is over long before its answer is looked at: time is moved in leaps.
import { expect, it } from 'vitest'
import { playStory } from '../../../src/contracts/suites/core/story-steps.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

it('takes the answer of a wait for what was so when it ended', async () => {
  const waitInVain = 'pair-connect, createBridgeCommand $1, getBridgeCommand wait=true timeout=120 1, pass 302'
  const check = trial('trial/late-reader', (context) => playStory(context, waitInVain, { timeout_seconds: 120 }), {
    needs: { clock: { seconds: 700 } },
  })
  const { results } = await verify(openMockApp(), { checks: [check] })
  expect(results.map(({ verdict }) => verdict)).toEqual([{ kind: 'passed' }])
})
