// What a recorded request is: of which operation, and whose, as the server of the recording takes it; and where the API is,
// by the URLs that were asked, since traffic of a page or a process is of many servers.
import { matchOperation } from '../all-operations.js'
import type { Operation } from '../operation.js'
import type { RecordedExchange, RecordedMessage, RecordingHeader } from '../../generated/kit-schema.js'
import { createCallerNames, keptAnswer, keptCall } from './recorder.js'
import type { HeardAnswer, HeardRequest, Recording } from './recorder.js'

/** Who calls. */
export interface RecordedCaller {
  readonly workspace: string
  /** Empty for a call without a key. */
  readonly user: string
}

/** Whose call it is; undefined for a caller whom the server refuses. */
export function callerIn({ auth }: RecordingHeader, { headers }: RecordedMessage): RecordedCaller | undefined {
  const workspace = headers['comet-workspace'] ?? 'default'
  const key = headers['authorization'] ?? ''
  if (auth === undefined) return { workspace, user: key }
  if (auth.mode === 'local') return workspace === 'default' ? { workspace, user: 'admin' } : undefined
  const entry = Object.hasOwn(auth.identities, key) ? auth.identities[key] : undefined
  return entry?.workspaces.includes(workspace) === true ? { workspace, user: entry.user } : undefined
}

/** The operation that is asked for, and the parameters in its path, in small letters; undefined for an unknown path. */
export function operationIn(
  { base_path: base }: RecordingHeader,
  { method, path: sent }: Pick<RecordedExchange, 'method' | 'path'>,
): { operation: Operation; path: Readonly<Record<string, string>> } | undefined {
  const path = decoded(sent)
  if (!path.startsWith(base)) return undefined
  const match = matchOperation(method, path.slice(base.length))
  // HEAD answers without a body, and the answers to odd spellings of a path are unspecified.
  if (match.kind !== 'operation' || method !== match.operation.method || ODD_PATH.test(path)) return undefined
  const parameters = Object.entries(match.path).map(([name, value]) => [name, value.toLowerCase()] as const)
  return { operation: match.operation, path: Object.fromEntries(parameters) }
}

const ODD_PATH = /;|\/\/|%/

/** A path as servers read it: a letter may be sent as its code. A slash may not, so that such a path stays as it is. */
function decoded(path: string): string {
  if (!path.includes('%') || /%2f/i.test(path)) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

export interface ApiUrl {
  /** Origin and base path: where the API is. */
  readonly place: string
  /** What stands before the API's paths. */
  readonly base: string
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** Whether it is about runners or pairing. */
  readonly isOfRunners: boolean
}

const URL_OF_API = /^(https?:\/\/[^/?#]+)([^?#]*?)(\/(?:v1\/private|v1\/session|is-alive)\/[^?#]*)(?:\?([^#]*))?/i
const OF_RUNNERS = /^\/v1\/private\/(local-runners|pairing)\b/

/** Reads an absolute URL; undefined for one that is not of the API, and for a preflight. */
export function readApiUrl(method: string, url: string): ApiUrl | undefined {
  const [, origin, base, path, query = ''] = URL_OF_API.exec(url) ?? []
  if (origin === undefined || base === undefined || path === undefined || method === 'OPTIONS') return undefined
  if (matchOperation(method, path).kind === 'unknown') return undefined
  return { place: origin + base, base, path: base + path, query, isOfRunners: OF_RUNNERS.test(path) }
}

/** A call of the API that was heard from outside, times in nanoseconds since the recording's zero. */
export interface HeardCall extends ApiUrl, Pick<HeardRequest, 'method' | 'headers' | 'body'> {
  readonly startNs: number
  readonly endNs: number
  /** undefined where there is none, or it is not known. */
  readonly answer: HeardAnswer | undefined
}

interface RecordingFrame {
  /** Default: none. */
  readonly settings?: RecordingHeader['settings'] | undefined
  /** The recording's zero, in milliseconds since 1970. Default: 1970. */
  readonly zero?: number
  readonly keepKeys?: boolean | undefined
}

/**
 * The recording of those calls that went where most calls about runners went, or most calls at all. Names stand for API
 * keys, in the order in which keys are met.
 */
export function toRecording(calls: readonly HeardCall[], frame: RecordingFrame = {}): Recording {
  const { settings = {}, zero = 0, keepKeys } = frame
  const own = ofOnePlace(calls).toSorted((a, b) => a.startNs - b.startNs)
  const whoseAre = createCallerNames()
  return {
    header: {
      ...{ format: 'opik-runner-recording/1', settings: { ...settings }, base_path: own[0]?.base ?? '' },
      recorder_clock_ms_at_zero: zero,
    },
    exchanges: own.map(({ startNs, endNs, answer, ...request }, at) => ({
      ...{ id: at + 1, at_start_ns: startNs, at_end_ns: Math.max(startNs, endNs) },
      ...keptCall({ ...request, ...whoseAre(request.headers) }, { keepKeys }),
      ...(answer === undefined ? { aborted: true } : keptAnswer(answer)),
    })),
  }
}

function ofOnePlace(calls: readonly HeardCall[]): readonly HeardCall[] {
  const weights = new Map<string, number>()
  for (const { place, isOfRunners } of calls) {
    weights.set(place, (weights.get(place) ?? 0) + (isOfRunners ? calls.length : 1))
  }
  const [most] = [...weights].toSorted(([, a], [, b]) => b - a)
  return calls.filter(({ place }) => place === most?.[0])
}
