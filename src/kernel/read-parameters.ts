/** Path and query parameters, read as the operation declares them, with the statuses that the API gives for broken ones. */
import { isUuid } from './id-source.js'
import { isDay } from './instant.js'
import { refuse, refuseListed, type Refusal } from './errors.js'
import type { OperationEntry, OperationId, QueryParameter } from '../generated/operations.js'

export type Parameters = Record<string, string | number | boolean>

/** Reads path parameters, ids in lower case; an id that is no UUID names nothing, so it is 404. */
export function readPathParameters(
  { texts }: OperationEntry,
  given: Readonly<Record<string, string>>,
): Record<string, string> | Refusal<404> {
  const read: Record<string, string> = {}
  for (const name in given) {
    const value = given[name] ?? ''
    if (texts?.includes(name) === true) read[name] = value
    else if (isUuid(value)) read[name] = value.toLowerCase()
    else return refuse(404, `'${value}' in the path is no UUID, so no ${name} has it.`)
  }
  return read
}

/**
 * Reads query parameters and fills in defaults.
 * @param query the part of the URL after `?`, or ''
 * @param readText what stands for the text of a parameter. Default: the text itself
 */
export function readQueryParameters(
  { id, queryParameters }: Pick<OperationEntry, 'queryParameters'> & { readonly id: OperationId },
  query: string,
  readText?: (operation: OperationId, name: string, text: string | undefined) => string | undefined,
): Parameters | Refusal<400 | 404> {
  if (queryParameters.length === 0) return NONE
  const given = query === '' ? undefined : readPairs(query)
  const read: Parameters = {}
  for (const parameter of queryParameters) {
    const sent = given?.get(parameter.name)
    const text = readText === undefined ? sent : readText(id, parameter.name, sent ?? undefined)
    // The empty text is what web clients send for a parameter they have no value for.
    const value = text === undefined || text === null || text === '' ? parameter.default : parse(parameter, text)
    if (typeof value === 'object') return value
    if (value !== undefined) read[parameter.name] = value
    else if (parameter.required) return refuseListed(400, `The query parameter '${parameter.name}' is required.`)
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

function parse(parameter: QueryParameter, text: string): string | number | boolean | Refusal<400 | 404> {
  const { name, type, format, enum: allowed } = parameter
  if (type === 'integer') return parseInteger(parameter, text)
  if (type === 'boolean') return text.toLowerCase() === 'true'
  if (format === 'uuid')
    return isUuid(text) ? text.toLowerCase() : refuse(404, `'${text}' is no UUID, so no ${name} has it.`)
  if (format === 'date' && !isDay(text))
    return refuse(404, `The query parameter '${name}' must be a day such as 2026-07-14; got '${text}'.`)
  if (allowed === undefined || allowed.includes(text)) return text
  return refuse(400, `The query parameter '${name}' must be one of ${allowed.join(', ')}; got '${text}'.`)
}

function parseInteger(
  { name, minimum = -MAX_INT32 - 1, maximum = MAX_INT32 }: QueryParameter,
  text: string,
): number | Refusal<400 | 404> {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  // What is no such number at all names a page that is nowhere.
  const isNumber = value >= -MAX_INT32 - 1 && value <= MAX_INT32
  const problem = `The query parameter '${name}' must be a whole number of ${minimum} or more; got '${text}'.`
  return isNumber ? refuseListed(400, problem) : refuse(404, problem)
}

/** Largest 32-bit integer. */
const MAX_INT32 = 0x7fffffff
