// The checks of calls that overlap, against a server that looks for the oldest job before it takes it.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import type { Layer } from '../../mutants/broken-mock.js'
import { runnerIdOf } from '../../mutants/polls.js'
import { answer } from '../../mutants/reply.js'
import { isSameCaller } from '../../mutants/stage.js'
import { races } from '../fair/quirks.js'
import { startMockTarget } from '../framework/mock-target.js'

const looksThenTakes: Layer = {
  touches: new Set(['nextJob']),
  spoil: (stage) => async (call) => {
    const owner = stage.runners.get(runnerIdOf(call))?.owner
    const [oldest] = stage.jobsOf(runnerIdOf(call), 'pending')
    if (oldest === undefined || owner === undefined || !isSameCaller(owner, call.caller)) return call.proceed()
    await stage.overlap()
    if (stage.stateOf('job', oldest.id) === 'pending') await call.proceed()
    return answer(200, (await call.ask('getJob', { path: { jobId: oldest.id } })).body)
  },
}

describe('model/concurrent-jobs', { timeout: 300_000 }, () => {
  it('finds a job that two callers get, and tells it as lanes', async () => {
    const target = await startMockTarget({ clock: true, layers: [looksThenTakes] })
    const [result] = (await verify(target, { only: ['model/concurrent-jobs'], seed: 1 })).results
    const [finding] = result?.verdict.kind === 'failed' ? result.verdict.findings : []
    const { steps = [], exchanges = [] } = finding ?? {}
    const callsOf = (lane: string) =>
      steps.flatMap((step) => (step.startsWith(lane) ? step.split(/[ :]+/).at(-2)! : []))
    // Two lanes of one call each, and the looks afterwards. On a slow machine polls that have no answer yet are fed, by a
    // lane of its own.
    expect([callsOf('lane 1'), callsOf('lane 2')]).toEqual([['nextJob'], ['nextJob']])
    expect([[], ['createJob']]).toContainEqual(callsOf('feeder'))
    const setUp = ['createPairingSession: 201', 'activatePairingSession: 201', 'registerAgents: 204', 'createJob: 201']
    expect(steps.slice(0, setUp.length)).toEqual(setUp)
    if (callsOf('feeder').length === 0)
      expect(callsOf('after')).toEqual(['getRunner', 'listJobs', 'heartbeat', 'listRunners'])
    expect(exchanges).toHaveLength(steps.length)
  })

  // The races of these paths are lost in a shape that no server may show, unless the machine lets them by.
  it.each([
    ['races/handed-out-half', 3, '1'],
    ['races/cancel-or-report', 1, '4'],
  ] as const)('refuses what no call has written, and accepts the race %s', async (id, seed, path) => {
    const verdictOf = async (layer: Layer) => {
      const target = await startMockTarget({ layers: [layer] })
      const { results } = await verify(target, { only: ['model/concurrent-jobs'], seed, path })
      return results[0]?.verdict.kind
    }
    let kind: string | undefined
    for (let tries = 0; tries < 10 && kind !== 'failed'; tries++) kind = await verdictOf(races[id].undeclared)
    expect(kind).toBe('failed')
    expect(await verdictOf(races[id].layer)).toBe('passed')
  })
})
