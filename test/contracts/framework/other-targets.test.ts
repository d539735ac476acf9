// verify aimed at what never answers HTTP says so within seconds. What answers something else, or a part, is for
// missing-operations.test.ts and the trials of verify.
import { createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { KitError } from '../../../src/kernel/errors.js'
import { originOf } from '../../sdk/listening.js'
import { startMockTarget } from './mock-target.js'
import { startStub } from './stub-server.js'
import { passing, trial } from './trial-checks.js'

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

describe('verify, aimed at something else', () => {
  it('says that nobody answers', async () => {
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
})

describe('verify, when the target stops answering on the way', () => {
  it('ends the run, without waiting for each check', async () => {
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
})
