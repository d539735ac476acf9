// Sequences played on a server with all quirks of today's servers at once: one of them does not hide another, and what
// it leaves behind does not disturb the sequences that follow.
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/contracts/check/context.js'
import { preparePlay } from '../../../src/contracts/model/play/play-setup.js'
import { Sequence } from '../../../src/contracts/model/play/sequence.js'
import type { RunnerOperationId } from '../../../src/kernel/operation.js'
import { toCall } from '../../../src/contracts/model/steps/step.js'
import { verify } from '../../../src/contracts/run/verify.js'
import type { IdentityName } from '../../../src/contracts/target/target.js'
import { openMockApp } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

const PATIENT_MS = 5000

/** A sequence, and short ways to make calls in it. */
class Play {
  readonly sequence: Sequence
  private readonly projectId: string

  constructor(stage: Awaited<ReturnType<typeof preparePlay>>) {
    this.sequence = new Sequence(stage, PATIENT_MS)
    this.projectId = stage.participants.projectsOf('main')[0] ?? ''
  }

  get runnerId(): string {
    return [...this.sequence.world.sessions.values()].at(-1)?.runnerId ?? ''
  }

  async call(operation: RunnerOperationId, parts: object = {}, identity: IdentityName = 'main'): Promise<void> {
    await this.sequence.perform(toCall(operation, identity, { path: { runnerId: this.runnerId }, ...parts }))
  }

  async pair(type: 'endpoint' | 'connect'): Promise<void> {
    await this.call('createPairingSession', { body: { project_id: this.projectId, type } })
    await this.activate('runner')
  }

  activate(name: string, identity: IdentityName = 'main'): Promise<void> {
    const sessionId = [...this.sequence.world.sessions.keys()].at(-1) ?? ''
    return this.call('activatePairingSession', { path: { sessionId }, body: { runner_name: name } }, identity)
  }

  list(identity: IdentityName): Promise<void> {
    return this.call('listRunners', { path: {}, query: { project_id: this.projectId, page: 1, size: 1 } }, identity)
  }
}

/** What comes of sequences that are played one after the other. */
async function played(...stories: ((play: Play) => Promise<void>)[]) {
  const target = openMockApp({ profile: 'opik' })
  const check = trial('trial/several-quirks', async (context: Context) => {
    const stage = await preparePlay(context, false)
    for (const story of stories) {
      const play = new Play(stage)
      await story(play)
      await play.sequence.close()
      await play.sequence.cleanUp()
      for (const id of play.sequence.worlds.excused) context.quirk(id, { expected: 'none', actual: 'one' })
    }
  })
  const { results, quirks } = await verify(target, { checks: [check] })
  return { verdicts: results.map(({ verdict }) => verdict), quirks: quirks.map(({ id }) => id) }
}

const passed = [{ kind: 'passed' }]

describe('a sequence on a server with all quirks', () => {
  it('lets each command that was reported while pending end a poll', async () => {
    const { verdicts, quirks } = await played(async (play) => {
      await play.pair('connect')
      await play.call('heartbeat', { body: { capabilities: ['bridge'] } })
      for (const path of ['a', 'b'])
        await play.call('createBridgeCommand', { body: { type: 'ReadFile', args: { path } } })
      for (const commandId of play.sequence.world.work.keys())
        await play.call('reportBridgeResult', {
          path: { runnerId: play.runnerId, commandId },
          body: { status: 'completed', result: 1 },
        })
      await play.call('nextBridgeCommands', { body: { max_commands: 1 } })
      await play.call('nextBridgeCommands', { body: {} })
    })
    expect(verdicts).toEqual(passed)
    expect(quirks).toEqual(['reported-command-in-queue'])
  })

  it('goes on after a second activation, by somebody else too, and leaves nobody a runner', async () => {
    const { verdicts, quirks } = await played(
      async (play) => {
        await play.pair('endpoint')
        await play.call('disconnectRunner')
        await play.activate('again', 'colleague')
        await play.call('getRunner', {}, 'colleague')
        await play.call('getRunner')
        await play.activate('mine, too')
        await play.call('getRunner')
        await play.call('registerAgents', { body: { echo: {} } }, 'colleague')
      },
      async (play) => {
        await play.list('colleague')
        await play.list('main')
      },
    )
    expect(verdicts).toEqual(passed)
    expect(quirks).toEqual(['activation-revives'])
  })

  it('brings no runner back of which a poll still waits', async () => {
    const { verdicts, quirks } = await played(async (play) => {
      await play.pair('connect')
      await play.call('nextBridgeCommands', { body: {} })
      await play.call('disconnectRunner')
      await play.activate('again')
      await play.call('getRunner')
    })
    expect(verdicts).toEqual(passed)
    expect(quirks).toEqual([])
  })

  it('takes a second result of a job that had ended before it was handed out', async () => {
    const { verdicts, quirks } = await played(async (play) => {
      await play.pair('endpoint')
      await play.call('registerAgents', { body: { echo: {} } })
      const project_id = [...play.sequence.world.runners.values()][0]?.projectId
      await play.call('createJob', { path: {}, body: { agent_name: 'echo', project_id } })
      const [jobId] = play.sequence.world.work.keys()
      const report = (result: number): Promise<void> =>
        play.call('reportJobResult', { path: { jobId }, body: { status: 'completed', result } })
      await report(1)
      await play.call('nextJob')
      await report(2)
      await play.call('getJob', { path: { jobId } })
      await play.activate('again')
      await play.call('nextJob')
    })
    expect(verdicts).toEqual(passed)
    expect(quirks).toEqual(expect.arrayContaining(['reported-pending-handed-out', 'activation-revives']))
  })
})
