/** Where the API is, found by the URLs that were asked: traffic of a page or a process is of many servers. */
import { matchOperation } from '../all-operations.js'

/** A request of the API. */
export interface ApiUrl {
  /** Origin and base path: where the API is. */
  readonly place: string
  /** What stands before the API's paths. */
  readonly base: string
  /** With the base path, without the query. */
  readonly path: string
  /** Without `?`. */
  readonly query: string
  /** Whether it is about runners or pairing. */
  readonly isOfRunners: boolean
}

const URL_OF_API = /^(https?:\/\/[^/?#]+)([^?#]*?)(\/(?:v1\/private|v1\/session|is-alive)\/[^?#]*)(?:\?([^#]*))?/i
const OF_RUNNERS = /^\/v1\/private\/(local-runners|pairing)\b/

/** Reads an absolute URL; undefined for one that is none of the API's, and for a preflight. */
export function readApiUrl(method: string, url: string): ApiUrl | undefined {
  const [, origin, base, path, query = ''] = URL_OF_API.exec(url) ?? []
  if (origin === undefined || base === undefined || path === undefined || method === 'OPTIONS') return undefined
  if (matchOperation(method, path).kind === 'unknown') return undefined
  return { place: origin + base, base, path: base + path, query, isOfRunners: OF_RUNNERS.test(path) }
}

/** Those calls that went where most calls about runners went, or most calls at all; none for none. */
export function ofOnePlace<Call extends ApiUrl>(calls: readonly Call[]): readonly Call[] {
  const weights = new Map<string, number>()
  for (const { place, isOfRunners } of calls) {
    weights.set(place, (weights.get(place) ?? 0) + (isOfRunners ? calls.length : 1))
  }
  const [most] = [...weights].toSorted(([, a], [, b]) => b - a)
  return calls.filter(({ place }) => place === most?.[0])
}
