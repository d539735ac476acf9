// `verify` keeps to the requests that may wait at once, on a target that refuses any more.
import { afterEach, describe, expect, it } from 'vitest'
import { startCrowdedProxy } from '../../../scripts/verify-trials/proxies.mjs'
import { resolveLimits } from '../../../src/contracts/target/target.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from './mock-target.js'

const closes: (() => void)[] = []
afterEach(() => {
  for (const close of closes.splice(0)) close()
})

/** Verifies a mock that has room for so many requests that wait. */
async function verifyCrowded(room: number, options: VerifyOptions) {
  const target = await startMockTarget({ clock: true })
  const { origin, pathname } = new URL(target.url)
  const longest = resolveLimits({})
  const proxy = await startCrowdedProxy(origin, { room, longest, now: () => target.mock.clock.now() })
  closes.push(proxy.close)
  const report = await verify({ ...target, url: `${proxy.origin}${pathname}` }, { seed: 11, runs: 3, ...options })
  const others = report.results.filter(({ verdict }) => verdict.kind !== 'passed')
  return { figures: proxy.figures, others: others.map(({ id, verdict }) => ({ id, verdict })) }
}

describe('verify on a target with little room for requests that wait', () => {
  it('never has more than thirty wait, and passes', async () => {
    const areas = ['long-poll', 'waiting-readers', 'concurrency']
    const { figures, others } = await verifyCrowded(64, { areas })
    expect(others).toEqual([])
    expect(figures.refused).toBe(0)
    expect(figures.peak).toBeGreaterThan(15)
    expect(figures.peak).toBeLessThanOrEqual(30)
  })

  it('keeps to fewer when told so, and leaves out what needs more', async () => {
    const { figures, others } = await verifyCrowded(3, { areas: ['long-poll', 'concurrency', 'bridge'], maxWaiting: 3 })
    expect(figures.refused).toBe(0)
    expect(others.map(({ id }) => id).toSorted()).toEqual([
      'concurrency/commands-once',
      'concurrency/creating-while-polling',
      'concurrency/many-pollers',
      'concurrency/waiting-pollers',
      'long-poll/many-hung-up-polls',
    ])
    expect(new Set(others.map(({ verdict }) => verdict.kind))).toEqual(new Set(['not-run']))
  })
})
