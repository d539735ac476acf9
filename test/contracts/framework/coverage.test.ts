import { describe, expect, it } from 'vitest'
import type { LifecycleCoverage } from '../../../src/contracts/check/lifecycle-coverage.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { playStory } from '../../../src/contracts/suites/core/story-steps.js'
import { openMockApp } from './mock-target.js'
import { trial } from './trial-checks.js'

function seenMoves(coverage: LifecycleCoverage, machine: string): string[] {
  const edges = coverage.machines.find((each) => each.machine === machine)?.edges ?? []
  return edges
    .filter(({ from, to, outcome }) => from !== to && outcome === 'passed')
    .map(({ on, from, to }) => `${on} ${from} ${to}`)
}

describe('lifecycle coverage', () => {
  it('follows resources through what the exchanges show', async () => {
    const ofJobs = 'pair, createJob, createJob, nextJob, reportJobResult 1 status=failed, cancelJob 2'
    const pair = '2: pair-connect, 2: createBridgeCommand, 2: nextBridgeCommands, 2: reportBridgeResult 1'
    const ends = '2: createBridgeCommand, pass lapse, getRunner, 3: pair, 2: disconnectRunner'
    const story = trial('trial/story', (context) => playStory(context, `${ofJobs}, ${pair}, ${ends}`), {
      needs: { clock: { seconds: 20 } },
    })
    const { lifecycle, totals } = await verify(openMockApp(), { checks: [story] })
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
    const { lifecycle } = await verify(openMockApp(), { checks: [silent, broken] })
    expect(seenMoves(lifecycle, 'job')).toEqual(['delivery.failed running pending'])
    expect(lifecycle.machines[2]?.edges.some(({ outcome }) => outcome === 'failed')).toBe(false)
  })
})
