/** Takes a request's URL apart: the base before the API's paths, the path, the query. */
import type { Exchange } from './exchange.js'

/** The parts of a URL. */
export interface Target {
  /** Absolute prefix of the API, without a trailing slash. */
  base: string
  /** Relative to the base, without a query and without a trailing slash. */
  path: string
  /** Without `?`; '' when there is none. */
  query: string
}

/** Where the API is when nothing says it. */
const DEFAULT_BASE = 'http://127.0.0.1:5173/api'

/** Splits the URL of an exchange. An absolute one without a base is cut before the first segment of the API's paths. */
export function splitUrl({ url, base }: Exchange): Target {
  const mark = url.indexOf('?')
  const whole = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  if (whole.startsWith('/')) return { base: base ?? DEFAULT_BASE, path: trim(whole), query }
  const start = whole.search(API_ROOT)
  const cut = start < 0 ? whole.length : start
  return { base: base ?? whole.slice(0, cut), path: trim(whole.slice(cut)), query }
}

const API_ROOT = /\/(v1\/private|is-alive)(\/|$)/

/** The API takes one trailing slash on any path. */
function trim(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
