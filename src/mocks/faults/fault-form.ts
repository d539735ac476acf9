/**
 * Reads faults that somebody has written down: judges every field, and says of a wrong one where it is and what was
 * expected. A document with any flaw gives no fault at all.
 */
import { isOperationId, operations, type OperationId } from '../../operation.js'
import { HAND_OUTS, METHODS, OUTCOMES, type Fault, type FaultEntry, type PresetName } from './fault.js'
import { isPresetName, presetNames, presets } from './presets.js'

/** What is wrong with a document of faults. */
export interface FaultProblem {
  /** Where, as keys from the document's root: `[0, 'delay', 'from']`. */
  readonly path: readonly (string | number)[]
  readonly value: unknown
  /** A phrase that continues "expected ...". */
  readonly expected: string
}

/** A fault as it is to be injected. */
export interface PlannedFault {
  readonly fault: Fault
  readonly preset?: PresetName
  /** Index in the document's list; undefined when the document is a single entry. */
  readonly place: number | undefined
}

/** Reads a document: one entry, or a list of them. */
export function readFaults(document: unknown): { faults: PlannedFault[] } | { problems: FaultProblem[] } {
  const problems: FaultProblem[] = []
  const faults = Array.isArray(document)
    ? document.flatMap((entry: unknown, place) => readEntry(entry, place, problems))
    : readEntry(document, undefined, problems)
  problems.push(...repeatedIds(faults))
  return problems.length === 0 ? { faults } : { problems }
}

/** Whether a value that came from outside is a document of faults. */
export function isFaultDocument(document: unknown): document is FaultEntry | readonly FaultEntry[] {
  return 'faults' in readFaults(document)
}

/**
 * An id can name one fault only.
 * @param taken ids of faults that are under way
 */
export function repeatedIds(planned: readonly PlannedFault[], taken: Iterable<string> = []): FaultProblem[] {
  const known = new Set(taken)
  return planned.flatMap(({ fault: { id }, place }): FaultProblem[] => {
    if (id === undefined) return []
    const path = place === undefined ? ['id'] : [place, 'id']
    if (known.has(id)) return [{ path, value: id, expected: 'an id that no other fault has' }]
    known.add(id)
    return []
  })
}

/** Where a problem is, for people: `[0].delay.from`; '' for the whole document. */
export function describePlace(path: FaultProblem['path']): string {
  const steps = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
  return steps.join('').replace(/^\./, '')
}

/** A problem as one sentence. */
export function describeProblem({ path, value, expected }: FaultProblem): string {
  const place = describePlace(path)
  return `${place === '' ? 'The fault' : `'${place}'`} cannot be ${show(value)}: expected ${expected}.`
}

function show(value: unknown): string {
  const text = value === undefined ? 'left out' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function readEntry(entry: unknown, place: number | undefined, problems: FaultProblem[]): PlannedFault[] {
  const root = place === undefined ? [] : [place]
  if (!isObject(entry)) {
    problems.push({
      path: root,
      value: entry,
      expected: 'a fault such as {operation: nextJob, status: 503}, or {preset: name}',
    })
    return []
  }
  if (Object.hasOwn(entry, 'preset')) return readPreset(entry, place, root, problems)
  const found = problemsOf(entry)
  problems.push(...found.map((problem) => ({ ...problem, path: [...root, ...problem.path] })))
  return isFault(entry, found) ? [{ fault: entry, place }] : []
}

function readPreset(
  entry: Readonly<Record<string, unknown>>,
  place: number | undefined,
  root: readonly (string | number)[],
  problems: FaultProblem[],
): PlannedFault[] {
  const name = entry['preset']
  const other = Object.keys(entry).find((key) => key !== 'preset')
  if (!isPresetName(name)) {
    problems.push({ path: [...root, 'preset'], value: name, expected: `one of ${presetNames.join(', ')}` })
  } else if (other !== undefined) {
    problems.push({ path: [...root, other], value: entry[other], expected: "no other field beside 'preset'" })
  } else {
    return presets[name].map((fault) => ({ fault, preset: name, place }))
  }
  return []
}

/** `problemsOf` has judged each field by the table below, which has one row for each field of the type. */
function isFault(_entry: object, problems: readonly FaultProblem[]): _entry is Fault {
  return problems.length === 0
}

function problemsOf(entry: Readonly<Record<string, unknown>>): FaultProblem[] {
  const names = Object.keys(entry).filter((name) => entry[name] !== undefined)
  const broken = names.flatMap((name): FaultProblem[] => {
    const field = isFieldName(name) ? fields[name] : UNKNOWN_FIELD
    return field.accepts(entry[name]) ? [] : [{ path: [name], value: entry[name], expected: field.expected }]
  })
  return broken.length > 0 ? broken : contradictionsOf(entry)
}

/** What no field by itself shows. */
function contradictionsOf(entry: Readonly<Record<string, unknown>>): FaultProblem[] {
  const problem = (name: string, expected: string): FaultProblem[] => [{ path: [name], value: entry[name], expected }]
  const isSet = (name: string): boolean => entry[name] !== undefined && entry[name] !== false
  const outcomes = OUTCOMES.filter(isSet)
  const [, second] = outcomes
  if (outcomes.length === 0 && !isSet('delay')) {
    return [{ path: [], value: entry, expected: `an effect: delay or one of ${OUTCOMES.join(', ')}` }]
  }
  if (second !== undefined)
    return problem(second, `one of ${outcomes.join(', ')} at a time; inject two faults for both`)
  if (isSet('once') && isSet('times')) return problem('times', "either 'once' or 'times'")
  const stray = ['shape', 'message', 'retry_after'].find((name) => isSet(name) && !isSet('status'))
  if (stray !== undefined) return problem(stray, "a 'status' that it belongs to")
  const { delay } = entry
  if (isObject(delay) && Number(delay['from']) > Number(delay['to'])) {
    return [{ path: ['delay', 'from'], value: delay['from'], expected: "at most the value of 'to'" }]
  }
  return misdirected(entry)
}

/** Effects that only some operations can suffer must be aimed at those. */
function misdirected(entry: Readonly<Record<string, unknown>>): FaultProblem[] {
  const aims = listOf(entry['operation'])
  const check = (possible: readonly unknown[], effect: string): FaultProblem[] =>
    aims.every((name) => possible.includes(name))
      ? []
      : [{ path: ['operation'], value: entry['operation'], expected: `one of ${possible.join(', ')} for '${effect}'` }]
  if (entry['duplicate'] === true) return check(HAND_OUTS, 'duplicate')
  if (entry['evict'] === true) return check(ABOUT_RUNNERS, 'evict')
  return []
}

const ABOUT_RUNNERS: readonly OperationId[] = Object.values(operations).flatMap(({ id, path }) =>
  path.includes('{runnerId}') || path.includes('{jobId}') ? [id] : [],
)

interface Field {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
}

const LONGEST_DELAY_MS = 86_400_000

/** One row for each field: what it takes, and how to say so. */
const fields: Readonly<Record<keyof Fault, Field>> = {
  id: { expected: 'up to 64 letters, digits, dots, dashes and underscores', accepts: isId },
  operation: { expected: 'an operationId of the spec, or a list of them', accepts: everyOne(isOperation) },
  method: { expected: `one of ${METHODS.join(', ')}, or a list of them`, accepts: everyOne(isOneOf(METHODS)) },
  path: { expected: "a path that begins with '/', with * and ** for what varies", accepts: isPattern },
  runner: { expected: "a runner's id", accepts: isUuid },
  once: { expected: 'true or false', accepts: isBoolean },
  times: { expected: 'a whole number of 1 or more', accepts: (value) => isWhole(value) && value >= 1 },
  probability: { expected: 'a number from 0 to 1', accepts: (value) => isNumber(value) && value >= 0 && value <= 1 },
  status: {
    expected: 'an error status, 400 to 599',
    accepts: (value) => isWhole(value) && value >= 400 && value <= 599,
  },
  shape: { expected: 'coded or errors', accepts: isOneOf(['coded', 'errors']) },
  message: { expected: 'a text of up to 1000 characters', accepts: (value) => isText(value) && value.length <= 1000 },
  retry_after: { expected: 'whole seconds, 0 or more', accepts: (value) => isWhole(value) && value >= 0 },
  delay: { expected: '{ms: n} or {from: n, to: n} with milliseconds from 0 to a day', accepts: isDelay },
  hang: {
    expected: 'true, before or after',
    accepts: (value) => isBoolean(value) || isOneOf(['before', 'after'])(value),
  },
  drop: { expected: 'before or after', accepts: isOneOf(['before', 'after']) },
  body: { expected: 'truncated or invalid', accepts: isOneOf(['truncated', 'invalid']) },
  duplicate: { expected: 'true or false', accepts: isBoolean },
  evict: { expected: 'true or false', accepts: isBoolean },
}

const UNKNOWN_FIELD: Field = { expected: `one of the fields ${Object.keys(fields).join(', ')}`, accepts: () => false }

function isFieldName(name: string): name is keyof Fault {
  return Object.hasOwn(fields, name)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

function everyOne(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => (Array.isArray(value) ? value.length > 0 && value.every(accepts) : accepts(value))
}

function isOneOf(allowed: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && allowed.includes(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isOperation(value: unknown): boolean {
  return isText(value) && isOperationId(value)
}

function isId(value: unknown): boolean {
  return isText(value) && /^[\w.-]{1,64}$/.test(value)
}

/** Few wildcards: a pattern is matched against what strangers send. */
function isPattern(value: unknown): boolean {
  return isText(value) && /^\/[^\s?#]{0,299}$/.test(value) && value.split('*').length <= 10
}

function isUuid(value: unknown): boolean {
  return isText(value) && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
}

function isDelay(value: unknown): boolean {
  if (!isObject(value)) return false
  const names = Object.keys(value).sort().join(' ')
  const isLength = (ms: unknown): boolean => isNumber(ms) && ms >= 0 && ms <= LONGEST_DELAY_MS
  return (names === 'ms' || names === 'from to') && Object.values(value).every(isLength)
}
