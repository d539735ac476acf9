/**
 * Keeps what checks ask a target, and what it answers, as a recording. Its times are the target's: what a clock was moved
 * by has passed.
 */
import { realClock } from '../../kernel/real-time.js'
import {
  createCallerNames,
  exactNow,
  NS_PER_MS,
  Recorder,
  type RecorderOptions,
} from '../../kernel/recording/recorder.js'
import type { RecordedAuth } from '../../kernel/recording/recording.js'
import type { Identities, ResolvedTarget, TargetClock } from './target.js'
import type { Transport, WireRequest } from './transport.js'
import { gunzipKeyBody } from './unpack-body.js'

export interface RecordingOutput extends Pick<RecorderOptions, 'write'> {
  /** Keeps activation keys, which a replay needs. Default: false, as many zeros stand for one. */
  keepKeys?: boolean | undefined
}

export type RecordedTarget = Awaited<ReturnType<typeof recordTarget>>

/** Records what goes through a transport. */
export async function recordTarget(
  { url, limits, clock }: ResolvedTarget,
  { transport, identities }: { transport: Transport; identities: Identities },
  output: RecordingOutput,
) {
  const wallClock = await clock?.now()
  const zero =
    wallClock === undefined ? { recorder_clock_ms_at_zero: exactNow() } : { wall_clock_ms_at_zero: wallClock }
  const moves = createMoves(clock)
  const whoseAre = createCallerNames()
  const origin = /^[^:]+:\/\/[^/?#]*/.exec(url)?.[0] ?? ''
  const basePath = url.slice(origin.length)
  const recorder = new Recorder(
    {
      ...{ format: 'opik-runner-recording/1', settings: { ...limits }, base_path: basePath },
      auth: authOf(identities, whoseAre),
      ...zero,
    },
    {
      ...{ write: output.write, keepKeys: output.keepKeys, gunzip: gunzipKeyBody },
      now: () => moves.now() * NS_PER_MS,
    },
  )
  return {
    clock: moves.clock,
    transport: {
      send(request: WireRequest, timeoutMs: number, isAlone?: boolean) {
        // Nothing has gone out yet when it returns; what cannot be sent was never asked.
        const pending = transport.send(request, timeoutMs, isAlone)
        const { method, headers, body } = request
        const [path = '', ...query] = request.url.slice(origin.length).split('?')
        const call = recorder.begin({ method, path, query: query.join('?'), headers, body, ...whoseAre(headers) })
        const whenOver = moves.follow(1000 * (request.waitSeconds ?? 0))
        void pending.outcome.then(async (outcome) => {
          const endedAt = await whenOver()
          if (outcome.kind !== 'answer') return call.lost()
          // What the transport has unpacked is as if it had never been packed.
          const { 'content-encoding': _encoding, ...kept } = outcome.headers
          const { status, text } = outcome
          call.answered({ status, headers: kept, body: text }, endedAt * NS_PER_MS)
        })
        return pending
      },
      close: () => transport.close(),
    },
    /** Writes the rest; nothing is sent after it. */
    close: () => recorder.close(),
  }
}

/** Other callers may be refused, and are not judged. */
function authOf(
  { main, colleague, stranger }: Identities,
  whoseAre: ReturnType<typeof createCallerNames>,
): RecordedAuth {
  const identities: Record<string, { user: string; workspaces: string[] }> = {}
  for (const [name, caller] of Object.entries({ main, colleague, stranger })) {
    if (caller === undefined) continue
    const { user: key, workspace } = whoseAre(caller.headers)
    const entry = (identities[key] ??= { user: name, workspaces: [] })
    entry.workspaces.push(workspace)
  }
  return { mode: 'keys', identities }
}

/** The target's time, in milliseconds since the recording began, while it is moved. */
function createMoves(clock: TargetClock | undefined) {
  const zero = realClock.stopwatch()
  let moved = 0
  let moving: Promise<unknown> | undefined
  const now = (): number => realClock.stopwatch() - zero + moved
  return {
    now,
    clock: clock && {
      now: () => clock.now(),
      advance(seconds: number) {
        const move = clock.advance(seconds).then((reached) => {
          moved += 1000 * seconds
          return reached
        })
        moving = move.catch(() => undefined).then(() => (moving = undefined))
        return move
      },
    },
    /**
     * Follows a request that may be held for so long.
     * @returns called once its answer is there, it tells when that was sent: no later than it was due, where time was moved
     */
    follow(waitMs: number) {
      const [due, movedBefore] = [now() + waitMs, moved]
      return async (): Promise<number> => {
        // What ends while time is moved may have ended at any moment of it.
        await moving
        return waitMs > 0 && moved > movedBefore ? Math.min(now(), due) : now()
      }
    },
  }
}
