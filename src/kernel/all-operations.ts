// All operations of the spec, those around runners by themselves, and since which version of Opik they and the fields of
// their requests are there. Pages load this when they are first asked for an operation around runners.
import { neighbourOperations } from '../generated/neighbour-operations.js'
import { findTemplate } from '../generated/neighbour-router.js'
import { responses, runnerOperations, tags } from '../generated/operations.js'
import { lacks, versions, type Version } from '../generated/versions.js'
import { isObject } from './json-value.js'
import { createMatch, matchRunnerOperation, type Match, type Operation, type OperationId } from './operation.js'

export { neighbourOperations, responses, tags, type Version }

export const operations = { ...runnerOperations, ...neighbourOperations }

export const matchNeighbourOperation = createMatch(neighbourOperations, findTemplate)

export function matchOperation(method: string, path: string): Match {
  const found = matchRunnerOperation(method, path)
  return found.kind === 'unknown' ? matchNeighbourOperation(method, path) : found
}

/** Where the spec describes an operation, as a JSON pointer. */
export function pointerOfOperation(id: OperationId): string {
  const { path, method }: Operation = operations[id]
  return (pointers[id] ??= `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`)
}

/** Each answer that is judged asks for one. */
const pointers: Partial<Record<OperationId, string>> = {}

export const newestVersion: Version = versions.reduce((_, version) => version)

/** An operation and, where one is meant, a field of its request: names on the way to it, `*` for any name of a map, `[]` for any item of a list. */
export interface RequestField {
  readonly operation?: OperationId | undefined
  readonly field?: string | undefined
}

/** Whether a version has an operation and, where one is named, the field. */
export function isThereIn(version: Version, { operation, field }: RequestField): boolean {
  return (
    operation === undefined ||
    (!lacks[version].operations?.includes(operation) && fieldIn(version, operation, field) === undefined)
  )
}

/** The first version that has it; undefined for what has always been there. */
export function sinceOf(asked: RequestField): Version | undefined {
  const [oldest] = versions
  return isThereIn(oldest, asked) ? undefined : versions.find((version) => isThereIn(version, asked))
}

/** The newer field that a field of a request is, or is in; undefined for one that has always been there. */
export function newerField({ operation, field }: RequestField): string | undefined {
  return operation === undefined ? undefined : fieldIn(versions[0], operation, field)
}

/** A request body without the fields that a version lacks; without those that any version lacks where none is named. */
export function knownTo<Body>(version: Version | undefined, operation: OperationId, body: Body): Body {
  const fields = lacks[version ?? versions[0]].fields?.[operation] ?? []
  if (fields.length === 0) return body
  const known = structuredClone(body)
  for (const { at } of fields) changeField(known, at, () => undefined)
  return known
}

function fieldIn(version: Version, operation: OperationId, field: string | undefined): string | undefined {
  if (field === undefined) return undefined
  return lacks[version].fields?.[operation]?.find(({ at }) => field === at || field.startsWith(`${at}/`))?.at
}

/** The parts of a value that the first name of a path means: their keys. */
function keysAt(value: object, name: string | undefined): string[] {
  if (name === '*' || name === '[]') return Object.keys(value)
  return name !== undefined && Object.hasOwn(value, name) ? [name] : []
}

/** Puts another value where a field is, or none; a field that is to have one has it even if it did not come. */
export function changeField(holder: unknown, at: string, change: (value: unknown) => unknown): void {
  replace(holder, at.split('/'), change)
}

function replace(holder: unknown, [name, ...rest]: readonly string[], change: (value: unknown) => unknown): void {
  if (typeof holder !== 'object' || holder === null) return
  const keys = keysAt(holder, name)
  if (rest.length > 0) {
    for (const key of keys) replace(Reflect.get(holder, key), rest, change)
    return
  }
  const isNamed = isObject(holder) && name !== undefined && name !== '*'
  for (const key of isNamed && keys.length === 0 ? [name] : keys) {
    const value = change(Reflect.get(holder, key))
    if (value === undefined) Reflect.deleteProperty(holder, key)
    else Reflect.set(holder, key, value)
  }
}
