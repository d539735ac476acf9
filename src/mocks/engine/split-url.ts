/** Takes a request's URL apart: the base before the API's paths, the path, the query. */
import type { Operation } from '../../kernel/operation.js'
import type { ApiRequest } from '../base/exchange.js'
import type { AnyOutcome, EngineCall } from './plan.js'

export interface RequestTarget {
  /** Absolute prefix of the API, without a trailing slash. */
  base: string
  /** Relative to the base, without a query and without a trailing slash. */
  path: string
  /** Without `?`; '' without a query. */
  query: string
  /** What is wrong with the path, whatever it names; undefined for nothing. */
  problem?: string
}

/** Where the API is when nothing says it. */
const DEFAULT_BASE = 'http://127.0.0.1:5173/api'

/** Splits the URL of an exchange. An absolute one without a base is cut before the first segment of the API's paths. */
export function splitUrl({ url, base }: ApiRequest): RequestTarget {
  const mark = url.indexOf('?')
  const whole = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  if (whole.startsWith('/')) return { base: base ?? DEFAULT_BASE, ...readPath(whole), query }
  const start = whole.search(API_ROOT)
  const cut = start < 0 ? whole.length : start
  return { base: base ?? whole.slice(0, cut), ...readPath(whole.slice(cut)), query }
}

/** Most paths are plain. In others a percent-encoded letter is that letter, and what follows a `;` does not count. */
function readPath(path: string): { path: string; problem?: string } {
  if (!ODD.test(path)) return { path: trim(path) }
  if (path.includes('//')) return { path, problem: 'The path has an empty segment.' }
  if (/%(2f|5c)/i.test(path)) return { path, problem: 'The path has an encoded slash.' }
  try {
    return { path: trim(decodeURIComponent(path.replaceAll(/;[^/]*/g, ''))) }
  } catch {
    return { path, problem: 'The path is not encoded as a URL must be.' }
  }
}

const ODD = /[%;]|\/\//

const API_ROOT = /\/(v1\/private|v1\/session|is-alive)(\/|$)/

/** The API takes one trailing slash on any path. */
function trim(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** The absolute URI of a new resource, or of a redirect's target. */
export function locationOf(
  { location }: Operation & { location?: string },
  base: string,
  { path }: EngineCall,
  { created, redirect }: AnyOutcome,
): { location: string } | undefined {
  if (redirect !== undefined) return { location: redirect }
  if (location === undefined || created === undefined) return undefined
  const start = location.slice(0, location.lastIndexOf('{'))
  if (!start.includes('{')) return { location: base + start + created }
  return { location: base + start.replaceAll(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '') + created }
}
