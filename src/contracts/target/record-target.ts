/**
 * Keeps what checks ask a target, and what it answers, as a recording. Its times are the target's: what a clock was moved
 * by has passed.
 */
import { createCallerNames, NS_PER_MS, Recorder, type RecorderOptions } from '../../kernel/recording/recorder.js'
import type { RecordedAuth } from '../../kernel/recording/recording.js'
import type { IdentityCards, IdentityName, ResolvedTarget, TargetClock } from './target.js'
import { exactNow, type RealTime } from './real-time.js'
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
  { transport, identities, time }: { transport: Transport; identities: IdentityCards; time: RealTime },
  output: RecordingOutput,
) {
  const wallClock = await clock?.now()
  const zero =
    wallClock === undefined ? { recorder_clock_ms_at_zero: exactNow(time) } : { wall_clock_ms_at_zero: wallClock }
  const moves = createMoves(clock, time)
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
        void pending.outcome.then((outcome) =>
          whenOver((endedAt) => {
            if (pending.connection !== undefined) call.goesOver(pending.connection)
            if (outcome.kind !== 'answer') return call.lost()
            // What the transport has unpacked is as if it had never been packed.
            const { 'content-encoding': _encoding, ...kept } = outcome.headers
            const { status, text } = outcome
            call.answered({ status, headers: kept, body: text }, endedAt && endedAt * NS_PER_MS)
          }),
        )
        return pending
      },
      close: () => transport.close(),
    },
    /** Writes the rest; nothing is sent after it. */
    close: () => recorder.close(),
  }
}

const IDENTITIES: readonly IdentityName[] = ['main', 'colleague', 'stranger']

/** Other callers may be refused, and are not judged. */
function authOf(cards: IdentityCards, whoseAre: ReturnType<typeof createCallerNames>): RecordedAuth {
  const identities: Record<string, { user: string; workspaces: string[] }> = {}
  for (const name of IDENTITIES.filter((each) => cards.has(each))) {
    const { user: key, workspace } = whoseAre(cards.headersOf(name))
    const entry = (identities[key] ??= { user: name, workspaces: [] })
    entry.workspaces.push(workspace)
  }
  return { mode: 'keys', identities }
}

interface HeldRequest {
  readonly due: number
  /** When a move has let it go, and when that was by the stopwatch. */
  released?: { readonly at: number; readonly seen: number }
}

/** An answer that a move has released is there within so many real milliseconds. */
const RELEASED_MS = 5000

/** The target's time, in milliseconds since the recording began, while it is moved. */
function createMoves(clock: TargetClock | undefined, time: RealTime) {
  const zero = time.stopwatch()
  const held = new Set<HeldRequest>()
  let moved = 0
  let moving: Promise<unknown> | undefined
  const now = (): number => time.stopwatch() - zero + moved
  const release = (before: number): void => {
    for (const each of held) {
      if (each.due < now()) each.released ??= { at: Math.max(before, each.due), seen: time.stopwatch() }
    }
  }
  return {
    now,
    clock: clock && {
      now: () => clock.now(),
      advance(seconds: number) {
        const move = clock.advance(seconds).then((reached) => {
          const before = now()
          moved += 1000 * seconds
          release(before)
          return reached
        })
        moving = move.catch(() => undefined).then(() => (moving = undefined))
        return move
      },
    },
    /**
     * Follows a request that may be held for so long.
     * @returns called once its answer is there, it tells when that was sent, or undefined for now
     */
    follow(waitMs: number) {
      const request: HeldRequest = { due: now() + waitMs }
      if (waitMs > 0) held.add(request)
      const end = (tell: (endedAt: number | undefined) => void): void => {
        held.delete(request)
        const { at, seen } = request.released ?? { at: 0, seen: -Infinity }
        tell(time.stopwatch() - seen < RELEASED_MS ? at : undefined)
      }
      return (tell: (endedAt: number | undefined) => void) => {
        // What ends while time is moved may have ended at any moment of it.
        if (moving === undefined) end(tell)
        else void moving.then(() => end(tell))
      }
    },
  }
}
