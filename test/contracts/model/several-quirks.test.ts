// Stories played on a server with all quirks of today's servers at once: one of them does not hide another, and what it
// leaves behind does not disturb the sequences that follow.
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/contracts/check/context.js'
import { noteDeviations, preparePlay } from '../../../src/contracts/model/play/play-setup.js'
import { Sequence } from '../../../src/contracts/model/play/run-sequences.js'
import { playStory } from '../../../src/contracts/suites/core/story-steps.js'
import { toCall } from '../../../src/contracts/model/steps/step.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

/** What comes of a check. */
async function played(run: (context: Context) => Promise<unknown>) {
  const { results, quirks } = await verify(openMockApp({ profile: 'opik' }), {
    checks: [trial('trial/several-quirks', async (context) => void (await run(context)))],
  })
  return { verdicts: results.map(({ verdict }) => verdict), quirks: quirks.map(({ id }) => id) }
}

const passed = [{ kind: 'passed' }]

describe('a story on a server with all quirks', () => {
  it.each<[title: string, quirks: readonly string[], story: string]>([
    [
      'lets each command that was reported while pending end a poll',
      ['reported-command-in-queue'],
      'pair-connect, createBridgeCommand x2, reportBridgeResult 1, reportBridgeResult 2, nextBridgeCommands most=1, nextBridgeCommands',
    ],
    [
      'goes on after a second activation, by another user too',
      ['activation-revives'],
      'pair, disconnectRunner, colleague activatePairingSession, colleague getRunner, getRunner, activatePairingSession, getRunner, colleague registerAgents',
    ],
    [
      'brings no runner back of which a poll still waits',
      [],
      'pair-connect, nextBridgeCommands, disconnectRunner, activatePairingSession, getRunner',
    ],
    [
      'takes a second result of a job that had ended before it was handed out',
      ['activation-revives', 'reported-pending-handed-out'],
      'pair, createJob, reportJobResult 1, nextJob, reportJobResult 1, getJob 1, activatePairingSession $1, nextJob',
    ],
  ])('%s', async (_, quirks, story) => {
    expect(await played((context) => playStory(context, story, { runner_name: 'again' }))).toEqual({
      verdicts: passed,
      quirks,
    })
  })
})

describe('sequences on a server with all quirks', () => {
  it('leave none of their callers a runner', async () => {
    const outcome = await played(async (context) => {
      const stage = await preparePlay(context, false)
      const project_id = stage.participants.projectsOf('main')[0] ?? ''
      const play = async (run: (sequence: Sequence) => Promise<void>): Promise<void> => {
        const sequence = new Sequence(stage, 5000)
        await run(sequence)
        await sequence.close()
        await sequence.cleanUp()
        noteDeviations(context, sequence.worlds.excused)
      }
      await play(async (sequence) => {
        const body = { project_id, type: 'endpoint' }
        await sequence.perform(toCall('createPairingSession', 'main', { body }))
        for (const [sessionId, { runnerId }] of sequence.world.sessions) {
          const activate = (caller: string) =>
            sequence.perform(
              toCall('activatePairingSession', caller, { path: { sessionId }, body: { runner_name: caller } }),
            )
          await activate('main')
          await sequence.perform(toCall('disconnectRunner', 'main', { path: { runnerId } }))
          for (const caller of ['colleague', 'main']) {
            await activate(caller)
            await sequence.perform(toCall('getRunner', caller, { path: { runnerId } }))
          }
        }
      })
      await play(async (sequence) => {
        for (const caller of ['colleague', 'main'])
          await sequence.perform(toCall('listRunners', caller, { query: { project_id, page: 1, size: 1 } }))
      })
    })
    expect(outcome).toEqual({ verdicts: passed, quirks: ['activation-revives'] })
  })
})
