import { describe, expect, it } from 'vitest'
import type { LifecycleCoverage } from '../../../src/contracts/check/lifecycle-coverage.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from './mock-target.js'
import { trial } from './trial-checks.js'

function seenMoves(coverage: LifecycleCoverage, machine: string): string[] {
  const edges = coverage.machines.find((each) => each.machine === machine)?.edges ?? []
  return edges
    .filter(({ from, to, outcome }) => from !== to && outcome === 'passed')
    .map(({ on, from, to }) => `${on} ${from} ${to}`)
}

describe('lifecycle coverage', () => {
  it('follows resources through what the exchanges show', async () => {
    const story = trial(
      'trial/story',
      async (context) => {
        const runner = await context.pair({ agents: ['echo'] })
        const [first, second] = [await runner.createJob(), await runner.createJob()]
        await runner.takeJob()
        await runner.reportJob(first, { status: 'failed', error: 'x' })
        await context.expectCall(204, 'cancelJob', { path: { jobId: second } })
        const bridge = await context.pair({ type: 'connect' })
        const command = await bridge.submit()
        await bridge.nextCommands()
        await bridge.reportCommand(command, { status: 'completed', result: {} })
        await bridge.submit()
        await context.time.pass(context.limits.heartbeat_ttl_seconds + 1)
        await runner.read()
        await context.pair()
        await bridge.disconnect()
      },
      { needs: { clock: { seconds: 20 } } },
    )
    const { lifecycle, totals } = await verify(await startMockTarget({ clock: true }), { checks: [story] })
    expect(totals.passed).toBe(1)
    expect(seenMoves(lifecycle, 'job')).toEqual([
      'createJob none pending',
      'nextJob pending running',
      'reportJobResult running failed',
      'cancelJob pending cancelled',
    ])
    expect(seenMoves(lifecycle, 'runner')).toEqual([
      'pairingSession.created none pairing',
      'pairingSession.activated pairing connected',
      'slot.taken disconnected none',
      'timer.heartbeat_ttl connected disconnected',
      'disconnectRunner connected none',
    ])
    expect(seenMoves(lifecycle, 'bridgeCommand')).toEqual([
      'createBridgeCommand none pending',
      'nextBridgeCommands pending picked_up',
      'reportBridgeResult picked_up completed',
      'runner.gone pending timed_out',
    ])
    expect(lifecycle.timers).toMatchObject({ seen: 1 })
  })

  it('takes timers and events from the rule of a check, and marks the rule of a failed one', async () => {
    const rule = { machine: 'job', on: 'delivery.failed' } as const
    const silent = trial('trial/silent', async () => undefined, { rule })
    const broken = trial('trial/broken', () => Promise.reject(new Error('bug')), {
      rule: { machine: 'job', on: 'nextJob', from: 'pending' },
    })
    const { lifecycle } = await verify(await startMockTarget(), { checks: [silent, broken] })
    expect(seenMoves(lifecycle, 'job')).toEqual(['delivery.failed running pending'])
    expect(lifecycle.machines[2]?.edges.some(({ outcome }) => outcome === 'failed')).toBe(false)
  })
})
