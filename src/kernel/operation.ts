// Finds the operation that a request means among those of runners and pairing, and types those of the whole spec. The
// facts come from the generated tables; this file adds only the search. All operations are in `all-operations.ts`.
import type { neighbourOperations } from '../generated/neighbour-operations.js'
import { operationIds, runnerOperations, type OperationId } from '../generated/operations.js'
import type { refusals } from '../generated/refusals.js'
import { findTemplate as findRunnerTemplate } from '../generated/router.js'
import type { operations as OperationTypes } from '../generated/api-types.js'

export {
  runnerOperations,
  operationIds,
  type OperationId,
  type Refusal as DeclaredRefusal,
} from '../generated/operations.js'

/** The operations of runners and pairing, which a page has from the start. */
export type RunnerOperationId = keyof typeof runnerOperations

/** The operations around them, which a page loads when it is first asked for one. */
export type NeighbourOperationId = keyof typeof neighbourOperations

type AllOperations = typeof runnerOperations & typeof neighbourOperations

/** One operation of the spec: its id, method, path, parameters, body and statuses. */
export type Operation<Id extends OperationId = OperationId> = AllOperations[Id]

const known: ReadonlySet<string> = /* @__PURE__ */ new Set(operationIds)

export function isOperationId(id: string): id is OperationId {
  return known.has(id)
}

/** What a method and a path mean. */
export type Match =
  | { kind: 'operation'; operation: Operation; path: Readonly<Record<string, string>> }
  | { kind: 'wrong-method'; template: string; allowed: readonly string[] }
  | { kind: 'unknown' }

/** The operation of a request that means one. */
export function matchedOperation(found: Match): Operation | undefined {
  return found.kind === 'operation' ? found.operation : undefined
}

export type MatchOperation = (method: string, path: string) => Match

/**
 * Finds operations among these by a method and a path without query, relative to the API's base. One trailing slash is
 * allowed, as the API allows it; path parameters come back as they were sent.
 */
export function createMatch(
  operations: Readonly<Record<string, Operation>>,
  findTemplate: typeof findRunnerTemplate,
): MatchOperation {
  // A path with the wrong method must be told from an unknown one.
  const byTemplate = groupByTemplate(operations)
  return (method, path) => {
    const found = findTemplate(path)
    if (found === undefined) return UNKNOWN
    // HEAD asks for what GET answers.
    const asked = method === 'HEAD' ? 'GET' : method
    const methods = byTemplate.get(found.data)
    const operation = methods?.get(asked)
    if (operation !== undefined) return { kind: 'operation', operation, path: found.params ?? NO_PARAMETERS }
    const otherwise: Match = methods
      ? { kind: 'wrong-method', template: found.data, allowed: [...methods.keys()] }
      : UNKNOWN
    return matchOther(byTemplate, asked, path) ?? otherwise
  }
}

export const matchRunnerOperation = /* @__PURE__ */ createMatch(runnerOperations, findRunnerTemplate)

type ByTemplate = ReadonlyMap<string, ReadonlyMap<string, Operation>>

/**
 * A name that stands for itself, as in `/local-runners/jobs`, is an id like any other for methods that it has not, and
 * where these operations do not have it at all.
 */
function matchOther(byTemplate: ByTemplate, method: string, path: string): Match | undefined {
  const segments = path.replace(/\/$/, '').split('/')
  const isName = (part: string): boolean => part.startsWith('{')
  for (const [template, methods] of byTemplate) {
    const parts = template.split('/')
    const operation = methods.get(method)
    if (operation === undefined || !isName(parts.at(-1) ?? '') || parts.length !== segments.length) continue
    if (!parts.every((part, place) => isName(part) || part === segments[place])) continue
    const named: Record<string, string> = {}
    for (const [place, part] of parts.entries()) if (isName(part)) named[part.slice(1, -1)] = segments[place] ?? ''
    return { kind: 'operation', operation, path: named }
  }
  return undefined
}

export const UNKNOWN: Match = { kind: 'unknown' }
const NO_PARAMETERS: Readonly<Record<string, string>> = {}

function groupByTemplate(operations: Readonly<Record<string, Operation>>): ByTemplate {
  const groups = new Map<string, Map<string, Operation>>()
  for (const operation of Object.values(operations)) {
    const methods = groups.get(operation.path) ?? new Map<string, Operation>()
    groups.set(operation.path, methods.set(operation.method, operation))
  }
  return groups
}

export function pathParametersOf({ path }: Operation): string[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
}

/** Those of them that are ids; the others are any text. */
export function idParametersOf(operation: Operation & { readonly texts?: readonly string[] }): string[] {
  return pathParametersOf(operation).filter((name) => operation.texts?.includes(name) !== true)
}

/** The path of an operation with its parameters filled in, relative to the API's base. */
export function fillPath(operation: Operation, parameters: Readonly<Record<string, string>>): string {
  const { path } = operation
  let filled = ''
  let done = 0
  for (let open = path.indexOf('{'); open >= 0; open = path.indexOf('{', done)) {
    const close = path.indexOf('}', open)
    filled += path.slice(done, open) + encodeURIComponent(parameters[path.slice(open + 1, close)] ?? '')
    done = close + 1
  }
  return filled + path.slice(done)
}

/** Values as the query of a URL, with its question mark; '' for none. */
export function toSearch(values: object): string {
  const pairs = Object.entries(values).map(([name, value]): [string, string] => [name, String(value)])
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

type ParametersOf<Id extends OperationId> = OperationTypes[Id]['parameters']

export type PathOf<Id extends OperationId> = ParametersOf<Id> extends { path: infer Path } ? Path : object

type QueryEntryOf<Id extends OperationId> = Operation<Id>['queryParameters'][number]

/** The entries that always have a value: required ones and those with a default. */
type CertainEntry = { readonly required: true } | { readonly default: string | number | boolean }

type ValueOfEntry<Entry> = Entry extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : Entry extends { readonly type: 'integer' }
    ? number
    : Entry extends { readonly type: 'boolean' }
      ? boolean
      : string

type NameOfEntry<Entry> = Entry extends { readonly name: infer Name extends string } ? Name : never

export type QueryOf<Id extends OperationId> = {
  [Entry in Extract<QueryEntryOf<Id>, CertainEntry> as NameOfEntry<Entry>]: ValueOfEntry<Entry>
} & {
  [Entry in Exclude<QueryEntryOf<Id>, CertainEntry> as NameOfEntry<Entry>]?: ValueOfEntry<Entry>
}

/** The JSON body of an operation's request; undefined where it takes none or may be left out. */
export type RequestBodyOf<Id extends OperationId> = OperationTypes[Id] extends { requestBody?: never }
  ? undefined
  : OperationTypes[Id] extends { requestBody: { content: { 'application/json': infer Body } } }
    ? Body
    : OperationTypes[Id] extends { requestBody?: { content: { 'application/json': infer Body } } }
      ? Body | undefined
      : undefined

type ResponsesOf<Id extends OperationId> = OperationTypes[Id]['responses']

export type StatusOf<Id extends OperationId> = keyof ResponsesOf<Id> & number

/** The JSON body of an operation's answer with a status, that of a stream as a list; undefined where it has none. */
export type ResponseBodyOf<Id extends OperationId, Status extends StatusOf<Id>> = ResponsesOf<Id>[Status] extends {
  content: infer Content
}
  ? Content[keyof Content]
  : undefined

export type SuccessBodyOf<Id extends OperationId> = {
  [Status in StatusOf<Id>]: `${Status}` extends `2${string}` ? ResponseBodyOf<Id, Status> : never
}[StatusOf<Id>]

/** Why operations are refused outside of any lifecycle, as the spec names it. */
export type RefusalReason = { [Id in keyof typeof refusals]: keyof (typeof refusals)[Id] }[keyof typeof refusals]
