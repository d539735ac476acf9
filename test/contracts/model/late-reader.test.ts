// A reader whose wait is over long before anybody looks at the answer: time is moved in leaps.
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/contracts/check/context.js'
import { Sequence } from '../../../src/contracts/model/play/sequence.js'
import { preparePlay } from '../../../src/contracts/model/play/play-setup.js'
import type { RunnerOperationId } from '../../../src/kernel/operation.js'
import { durationOf } from '../../../src/contracts/model/steps/durations.js'
import { toCall } from '../../../src/contracts/model/steps/step.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

/** Waits for a command that nobody picks up while more time passes than the command lives. */
async function waitInVain(context: Context): Promise<void> {
  const stage = await preparePlay(context, true)
  const sequence = new Sequence(stage, 5000)
  const perform = (operation: RunnerOperationId, more: object): Promise<unknown> =>
    sequence.perform(toCall(operation, 'main', more))
  const project_id = stage.participants.projectsOf('main')[0] ?? ''
  await perform('createPairingSession', { body: { project_id, type: 'connect' } })
  const [session] = [...sequence.world.sessions.values()]
  const path = { sessionId: session?.id ?? '' }
  await perform('activatePairingSession', { path, body: { runner_name: 'runner' } })
  const runnerId = session?.runnerId ?? ''
  await perform('heartbeat', { path: { runnerId }, body: { capabilities: ['bridge'] } })
  const body = { type: 'ReadFile', args: { path: 'a' }, timeout_seconds: 120 }
  await perform('createBridgeCommand', { path: { runnerId }, body })
  const [commandId = ''] = [...sequence.world.work.keys()]
  await perform('getBridgeCommand', { path: { runnerId, commandId }, query: { wait: true, timeout: 120 } })
  const form = Array.from({ length: 24 }, (_, at) => at).find((at) => durationOf(context.limits, at) > 300) ?? 0
  await sequence.play({ kind: 'pass', who: 0, which: 0, form })
  await sequence.close()
}

describe('a sequence', () => {
  it('takes the answer of a wait for what was so when it ended', async () => {
    const target = openMockApp()
    const check = trial('trial/late-reader', waitInVain, { needs: { clock: { seconds: 700 } } })
    const { results } = await verify(target, { checks: [check] })
    expect(results.map(({ verdict }) => verdict)).toEqual([{ kind: 'passed' }])
  })
})
