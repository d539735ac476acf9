/** `verify --watch`: after a run, what failed is run again on Enter, or when the target has restarted. */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Report } from '../contracts/check/report-model.js'
import { createPing } from '../contracts/run/inspect-target.js'
import { ENDED } from '../contracts/run/check-context.js'
import { verify, type VerifyOptions } from '../contracts/run/verify.js'
import { createRealTime } from '../contracts/target/real-time.js'
import { createTransport, isNobodyThere } from '../contracts/target/transport.js'
import type { Target } from '../contracts/target/target.js'
import { KitError } from '../kernel/errors.js'
import { count } from '../report/report-document.js'
import { say } from './files/terminal.js'

/** How often it is tried whether a target takes connections: one that restarts may be gone for no longer than this. */
const KNOCK_MS = 20
/** How often a target that was gone is asked whether it is there. */
const LOOK_MS = 100
/** A target that takes longer for an answer is busy, and no longer looked at meanwhile. */
const MAX_LOOK_MS = 2000

/** Verifies until the input ends or the signal aborts; resolves with the last report. */
export async function watchTarget(target: Target, options: VerifyOptions): Promise<Report> {
  const input = createInput(options.signal)
  let report = await verify(target, options)
  try {
    for (;;) {
      const left = idsToRunAgain(report)
      const what = left.length === 0 ? 'everything' : count(left.length, 'check')
      say(`watching: Enter, or a restart of the target, runs ${what} again; all and Enter: everything`)
      const cause = await nextCause(target.url, input)
      if (cause === 'end') return report
      const again = cause === 'all' || left.length === 0 ? {} : { only: left, suites: undefined, areas: undefined }
      report = await verify(target, { ...options, ...again, require: undefined }).catch((error: unknown) => {
        // A target that cannot be verified now may be mended, as any other.
        if (!(error instanceof KitError)) throw error
        say(error)
        return report
      })
    }
  } finally {
    input.close()
  }
}

/** What did not pass, could not run yet, or had no turn before the run ended early. */
function idsToRunAgain({ results, aborted }: Report): string[] {
  return results.flatMap(({ id, verdict }) => {
    if (verdict.kind === 'not-run') {
      const hadNoTurn = aborted !== null && (verdict.reason === aborted || verdict.reason === ENDED)
      return hadNoTurn || verdict.blockedBy !== undefined ? [id] : []
    }
    return verdict.kind === 'failed' || verdict.kind === 'error' ? [id] : []
  })
}

type Input = ReturnType<typeof createInput>

/** Lines of the standard input, until it ends or the signal aborts; those that came before the question are kept. */
function createInput(signal: AbortSignal | undefined) {
  const reader = createInterface({ input: process.stdin, ...(signal && { signal }) })
  const lines = reader[Symbol.asyncIterator]()
  let next = lines.next()
  return {
    /** Resolves when there is a line, or the end. */
    arrived: () => next,
    take(): void {
      next = lines.next()
    },
    close: () => reader.close(),
  }
}

async function nextCause(url: string, input: Input): Promise<'again' | 'all' | 'end'> {
  const seen = new AbortController()
  const line = await Promise.race([input.arrived(), restarted(url, seen.signal)])
  seen.abort()
  if (line === undefined) return 'again'
  if (line.done === true) return 'end'
  input.take()
  return line.value.trim() === 'all' ? 'all' : 'again'
}

async function restarted(url: string, signal: AbortSignal): Promise<void> {
  const time = createRealTime()
  let wasGone = false
  while (!signal.aborted) {
    if (wasGone && (await answers(url))) return
    if (!wasGone && !(await takesConnections(url))) {
      wasGone = true
      say('watching: the target is gone; waiting for it')
    }
    await time.sleep(wasGone ? LOOK_MS : KNOCK_MS, signal)
  }
}

async function answers(url: string): Promise<boolean> {
  const transport = createTransport()
  const presence = await createPing(transport, url)(MAX_LOOK_MS)
  transport.close()
  return presence === 'there'
}

/** Whether a server listens there. Nothing is sent, so that no log of the target fills with it. */
function takesConnections(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) })
    const settle = (isListening: boolean): void => {
      socket.destroy()
      resolve(isListening)
    }
    socket.setTimeout(MAX_LOOK_MS, () => settle(true))
    socket.once('connect', () => settle(true))
    socket.once('error', (error) => settle(!isNobodyThere(error)))
  })
}
