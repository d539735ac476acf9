// Stories on a server with all quirks of today's servers at once: one of them does not hide another.
import { expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { playStory } from '../../../src/contracts/suites/core/story-steps.js'
import type { RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { openMockApp } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

/** What comes of a story: the verdict, and the quirks that are named. No runner is left behind. */
async function played(story: string, options: RunnerMockOptions, ...bodies: unknown[]) {
  const check = trial('trial/story', (context) => playStory(context, story, ...bodies), {
    needs: { clock: { seconds: 700 } },
  })
  const target = openMockApp(options)
  const { results, quirks } = await verify(target, { checks: [check] })
  expect(target.mock.snapshot().world.runners).toEqual([])
  return { verdicts: results.map(({ verdict }) => verdict), quirks: quirks.map(({ id }) => id).toSorted() }
}

it.each([
  [
    'each command that was reported while pending ends a poll',
    'pair-connect, createBridgeCommand, createBridgeCommand, reportBridgeResult 1, reportBridgeResult 2, nextBridgeCommands most=1, nextBridgeCommands',
    ['reported-command-in-queue'],
  ],
  [
    'a second activation, by somebody else too, moves the runner',
    'pair, disconnectRunner, colleague activatePairingSession, colleague getRunner, getRunner, activatePairingSession, getRunner, colleague registerAgents, colleague listRunners, listRunners',
    ['activation-revives'],
  ],
  [
    'a runner of which a poll still waits is not brought back',
    'pair-connect, nextBridgeCommands, disconnectRunner, activatePairingSession, getRunner',
    [],
  ],
  [
    'a job that had ended before it was handed out has a second result',
    'pair, createJob, reportJobResult 1, nextJob, reportJobResult 1, getJob 1, activatePairingSession $1, nextJob',
    ['activation-revives', 'reported-pending-handed-out'],
  ],
])('on a server with all quirks %s', async (_, story, quirks) => {
  expect(await played(story, { profile: 'opik' }, { runner_name: 'again' })).toEqual({
    verdicts: [{ kind: 'passed' }],
    quirks,
  })
})

it('the answer of a wait is that of the time when it ended, however late it is looked at', async () => {
  const story = 'pair-connect, createBridgeCommand $1, getBridgeCommand 1, pass 400'
  expect(await played(story, {}, { timeout_seconds: 120 })).toEqual({ verdicts: [{ kind: 'passed' }], quirks: [] })
})
