/** Path and query parameters of a request, or the refusal that the API gives for broken ones. */
import type { OperationEntry } from '../../generated/operations.js'
import type { Operation } from '../../kernel/operation.js'
import { isBroken, readPathParameters, readQueryParameters, type Parameters } from '../../kernel/read-parameters.js'
import { refuse, refuseListed, type Refusal } from '../base/refusal.js'
import type { Deviations } from './deviations.js'

export function readPath(
  operation: OperationEntry,
  given: Readonly<Record<string, string>>,
): Record<string, string> | Refusal<404> {
  const read = readPathParameters(operation, given)
  return isBroken(read) ? refuse(404, read.problem) : read
}

/** @param query the part of the URL after `?`, or '' */
export function readQuery(
  operation: Operation,
  query: string,
  { readParameter }: Deviations = {},
): Parameters | Refusal<400 | 404> {
  const readText =
    readParameter && ((name: string, text: string | undefined) => readParameter(operation.id, name, text))
  const read = readQueryParameters(operation, query, readText)
  if (!isBroken(read)) return read
  return read.isListed === true ? refuseListed(400, read.problem) : refuse(read.status, read.problem)
}
