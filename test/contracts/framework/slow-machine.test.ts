// Runs in hard times: heartbeats that go out late, long polls that hang or are refused, an end from outside, no answer at all.
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { TOO_SLOW } from '../../../src/contracts/run/check-time.js'
import type { Context } from '../../../src/contracts/check/context.js'
import { expectEqual } from '../../../src/contracts/target/expectation.js'
import { startCrowdedProxy } from '../../../scripts/verify-trials/proxies.mjs'
import { resolveLimits } from '../../../src/contracts/target/target.js'
import { KitError } from '../../../src/kernel/errors.js'
import { originOf } from '../../sdk/listening.js'
import { startMockTarget } from './mock-target.js'
import { startStub } from './stub-server.js'
import { passing, trial } from './trial-checks.js'

const settings = { heartbeat_ttl_seconds: 1 }

async function expectConnected(context: Context, pause: (context: Context) => Promise<unknown>): Promise<void> {
  const runner = await context.pair()
  await pause(context)
  expectEqual('the status', (await runner.read()).status, 'connected')
}

it('verify on a slow machine runs a check once more whose own heartbeats went out late, and blames no server for them', async () => {
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

/** Verifies a mock that has room for so many requests that wait. */
async function verifyCrowded(room: number, options: VerifyOptions) {
  const target = await startMockTarget({ clock: true })
  const { origin, pathname } = new URL(target.url)
  const longest = resolveLimits({})
  const proxy = await startCrowdedProxy(origin, { room, longest, now: () => target.mock.clock.now() })
  onTestFinished(proxy.close)
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

/** Verifies, and demands the one error of a run that makes no sense. */
async function refusalOf(url: string): Promise<KitError> {
  const error: unknown = await verify({ url }, { checks: [passing] }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof KitError)) throw new Error(`no refusal of ${url}`, { cause: error })
  expect(error.message).not.toContain('\n')
  return error
}

/** A server that speaks TCP alone. */
const startTcp = (talk: (socket: Socket) => void): Promise<string> =>
  originOf(createTcpServer((socket) => talk(socket.on('error', () => undefined))))

it('verify, aimed at something else says that nobody answers', async () => {
  const silent = await startStub(() => undefined)
  const reset = await startTcp((socket) => socket.destroy())
  const deaf = await startTcp(() => undefined)
  const otherProtocol = await startTcp((socket) => void socket.write('220 mail.example ESMTP\r\n'))
  const endless = await startStub((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(drip))
  })
  const urls = ['http://127.0.0.1:1/api', silent.url, reset, deaf, otherProtocol, endless.url]
  // TLS is spoken to a server that does not, and the other way round.
  urls.push(silent.url.replace('http:', 'https:'))
  const refusals = await Promise.all(urls.map(refusalOf))
  expect(refusals.map(({ code }) => code)).toEqual(urls.map(() => 'target/unreachable'))
})

it('verify, when the target stops answering on the way ends the run, without waiting for each check', async () => {
  const target = await startMockTarget()
  const last = trial('trial/last', async (context) => {
    await context.pair()
    target.mock.faults.inject({ hang: true })
    await context.call('isAlive', { timeoutSeconds: 1 })
  })
  const report = await verify(target, { checks: [last, passing], concurrency: 1 })
  expect(report).toMatchObject({ aborted: 'the target stopped answering', exitCode: 1 })
  expect(report.totals).toMatchObject({ errors: 1, notRun: 1 })
})
