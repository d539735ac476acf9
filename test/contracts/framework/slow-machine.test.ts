// Runs in hard times: heartbeats that go out late, long polls that hang, an end from outside while nothing is answered.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { TOO_SLOW } from '../../../src/contracts/run/check-time.js'
import type { Context } from '../../../src/contracts/check/context.js'
import { expectEqual } from '../../../src/contracts/target/expectation.js'
import { startMockTarget } from './mock-target.js'
import { startStub } from './stub-server.js'
import { passing, trial } from './trial-checks.js'

const settings = { heartbeat_ttl_seconds: 1 }

async function expectConnected(context: Context, pause: (context: Context) => Promise<unknown>): Promise<void> {
  const runner = await context.pair()
  await pause(context)
  expectEqual('the status', (await runner.read()).status, 'connected')
}

describe('verify on a slow machine', () => {
  it('runs a check once more whose own heartbeats went out late, and blames no server for them', async () => {
    const { url } = await startMockTarget({ settings })
    let tries = 0
    const checks = [
      trial('trial/slow-once', (context) => expectConnected(context, () => sleep(tries++ === 0 ? 1100 : 0))),
      trial('trial/always-slow', (context) => expectConnected(context, () => sleep(1100))),
      trial('trial/on-purpose', (context) => expectConnected(context, ({ time }) => time.pass(1.1)), {
        needs: { clock: { seconds: 2 } },
      }),
    ]
    const { results, totals } = await verify({ url, limits: settings }, { checks })
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'not-run', 'failed'])
    expect(results[1]?.verdict).toEqual({ kind: 'not-run', reason: TOO_SLOW })
    expect(totals).toMatchObject({ passed: 1, notRun: 1, failed: 1 })
  })
})

describe('verify', () => {
  it('sends no more long polls once several have hung', async () => {
    let sent = 0
    const spoil = () => () => (sent++, new Promise<never>(() => undefined))
    const { url } = await startMockTarget({ layers: [{ touches: new Set(['nextJob']), spoil }] })
    const polls = Array.from({ length: 20 }, (_, at) =>
      trial(`trial/poll-${at}`, async (context) => {
        const { id } = await context.pair()
        await context.call('nextJob', { path: { runnerId: id }, timeoutSeconds: 0.3 })
      }),
    )
    const { results } = await verify({ url }, { checks: polls, concurrency: 2 })
    const kinds = results.map(({ verdict }) => verdict.kind)
    expect(kinds.filter((kind) => kind === 'not-run').length).toBeGreaterThan(10)
    expect(kinds).toContain('failed')
    expect(sent).toBeLessThan(8)
  })

  it.each([0, 300])('ends within 2 s of an abort after %i ms, though nothing is answered', async (ms) => {
    const { url } = await startStub(({ url: path }, response) => {
      if (path.includes('is-alive')) response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), ms)
    const start = performance.now()
    const ended = verify({ url }, { checks: [passing], signal: stop.signal })
    await ended.catch((error: unknown) => expect(error).toMatchObject({ code: 'verify/interrupted' }))
    expect(performance.now() - start - ms).toBeLessThan(2000)
  })

  it('reports what is known when it is aborted, though a check does not end', async () => {
    const { url } = await startMockTarget()
    const stop = new AbortController()
    const endless = trial('trial/endless', async (context) => {
      context.defer(() => new Promise(() => undefined))
      stop.abort()
      await new Promise(() => undefined)
    })
    const start = performance.now()
    const { results, aborted } = await verify(
      { url },
      { checks: [passing, endless], concurrency: 1, signal: stop.signal },
    )
    expect(performance.now() - start).toBeLessThan(4000)
    expect(aborted).toBe('interrupted')
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'not-run'])
  })
})
