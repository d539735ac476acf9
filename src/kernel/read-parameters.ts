/** Path and query parameters, read as the operation declares them, with the statuses that the API gives for broken ones. */
import { isUuid } from './id-source.js'
import { isDay } from './instant.js'
import type { OperationEntry, QueryParameter } from '../generated/operations.js'

export type Parameters = Record<string, string | number | boolean>

export interface BrokenParameter<Status extends number = 400 | 404> {
  readonly status: Status
  readonly problem: string
  /** Whether the API tells it in a list. */
  readonly isListed?: boolean
}

export function isBroken(read: Parameters | BrokenParameter): read is BrokenParameter {
  return typeof read['problem'] === 'string' && typeof read['status'] === 'number'
}

/** Reads path parameters, ids in lower case; an id that is no UUID names nothing, so it is 404. */
export function readPathParameters(
  { texts }: OperationEntry,
  given: Readonly<Record<string, string>>,
): Record<string, string> | BrokenParameter<404> {
  const read: Record<string, string> = {}
  for (const name in given) {
    const value = given[name] ?? ''
    if (texts?.includes(name) === true) read[name] = value
    else if (isUuid(value)) read[name] = value.toLowerCase()
    else return { status: 404, problem: `'${value}' in the path is no UUID, so no ${name} has it.` }
  }
  return read
}

/**
 * Reads query parameters and fills in defaults.
 * @param query the part of the URL after `?`, or ''
 * @param readText what stands for the text of a parameter. Default: the text itself
 */
export function readQueryParameters(
  { queryParameters }: Pick<OperationEntry, 'queryParameters'>,
  query: string,
  readText?: (name: string, text: string | undefined) => string | undefined,
): Parameters | BrokenParameter {
  if (queryParameters.length === 0) return NONE
  const given = query === '' ? undefined : readPairs(query)
  const read: Parameters = {}
  for (const parameter of queryParameters) {
    const sent = given?.get(parameter.name)
    const text = readText === undefined ? sent : readText(parameter.name, sent ?? undefined)
    // The empty text is what web clients send for a parameter they have no value for.
    const value = text === undefined || text === null || text === '' ? parameter.default : parse(parameter, text)
    if (typeof value === 'object') return value
    if (value !== undefined) read[parameter.name] = value
    else if (parameter.required)
      return { status: 400, problem: `The query parameter '${parameter.name}' is required.`, isListed: true }
  }
  return read
}

/** A query with the defaults of its missing parameters. */
export function withDefaults(
  { queryParameters }: Pick<OperationEntry, 'queryParameters'>,
  query: Readonly<Parameters>,
): Readonly<Parameters> {
  const filled: Parameters = { ...query }
  for (const { name, default: usual } of queryParameters) if (usual !== undefined) filled[name] ??= usual
  return filled
}

const NONE: Parameters = {}

/** The parameters of a query by name, the first of each. One without escapes is read by hand, in a tenth of the time. */
function readPairs(query: string): { get(name: string): string | null | undefined } {
  if (/[%+]/.test(query)) return new URLSearchParams(query)
  const pairs = new Map<string, string>()
  for (const pair of query.split('&')) {
    const mark = pair.indexOf('=')
    const name = mark < 0 ? pair : pair.slice(0, mark)
    if (!pairs.has(name)) pairs.set(name, mark < 0 ? '' : pair.slice(mark + 1))
  }
  return pairs
}

function parse(parameter: QueryParameter, text: string): string | number | boolean | BrokenParameter {
  const { name, type, format, enum: allowed } = parameter
  if (type === 'integer') return parseInteger(parameter, text)
  if (type === 'boolean') return text.toLowerCase() === 'true'
  if (format === 'uuid')
    return isUuid(text) ? text.toLowerCase() : { status: 404, problem: `'${text}' is no UUID, so no ${name} has it.` }
  if (format === 'date' && !isDay(text))
    return { status: 404, problem: `The query parameter '${name}' must be a day such as 2026-07-14; got '${text}'.` }
  if (allowed === undefined || allowed.includes(text)) return text
  return { status: 400, problem: `The query parameter '${name}' must be one of ${allowed.join(', ')}; got '${text}'.` }
}

function parseInteger(
  { name, minimum = -MAX_INT32 - 1, maximum = MAX_INT32 }: QueryParameter,
  text: string,
): number | BrokenParameter {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  // What is no such number at all names a page that is nowhere.
  const isNumber = value >= -MAX_INT32 - 1 && value <= MAX_INT32
  const problem = `The query parameter '${name}' must be a whole number of ${minimum} or more; got '${text}'.`
  return isNumber ? { status: 400, problem, isListed: true } : { status: 404, problem }
}

/** Largest 32-bit integer. */
const MAX_INT32 = 0x7fffffff
