/** What the server takes for something that the schema does not allow. */
import type { OperationId } from '../../kernel/operation.js'
import { isObject, memberOf, placeAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

/** Where words stand, in which operations, that are read otherwise than the enum says; default: in small letters. */
const WORDS: readonly { at: RegExp; operations: readonly OperationId[]; word?: string }[] = [
  { at: /^\/blueprint\/type$/, operations: ['createAgentConfig', 'updateAgentConfig'] },
  { at: /^\/entity_type$/, operations: ['getProjectKpiCards'] },
  { at: /^\/template_structure$/, operations: ['createPrompt', 'createPromptVersion'], word: 'text' },
  {
    at: /^(\/(traces|spans)\/\d+|\/update)?\/(type|source)$/,
    operations: [
      ...(['createTrace', 'createTraces', 'updateTrace', 'batchUpdateTraces', 'createSpan', 'createSpans'] as const),
      ...(['updateSpan', 'batchUpdateSpans', 'searchSpans'] as const),
    ],
  },
]

/** Words that are none of an enum, and null among ids. */
export const lenientBodies: Deviations = {
  mend({ operation, body, flaws }) {
    const lenient = WORDS.find(({ operations }) => operations.includes(operation))
    if (lenient === undefined) return false
    let isChanged = false
    for (const { keyword, instancePath } of flaws) {
      const place = keyword === 'enum' && lenient.at.test(instancePath) ? placeAt(body, instancePath) : undefined
      const word: unknown = place && Reflect.get(place.parent, place.key)
      if (place === undefined || typeof word !== 'string') continue
      const read = lenient.word ?? word.toLowerCase()
      isChanged = (read !== word && Reflect.set(place.parent, place.key, read)) || isChanged
    }
    return isChanged
  },
  answer({ operation, body, answerTo }) {
    const ids: unknown = operation === 'deleteProjectsBatch' ? memberOf(body, 'ids') : undefined
    if (!Array.isArray(ids) || !ids.includes(null)) return undefined
    const known = ids.filter((id: unknown) => id !== null)
    return known.every((id) => typeof id === 'string') ? answerTo({ ids: known }) : undefined
  },
}

/** The status of a job in a body, and the filter of listRunners, are read in any case. */
export const statusAnyCase: Deviations = {
  mend({ operation, body, flaws }) {
    const status = operation === 'reportJobResult' ? memberOf(body, 'status') : undefined
    if (typeof status !== 'string' || !flaws.some(({ instancePath }) => instancePath === '/status')) return false
    const lower = status.toLowerCase()
    return lower !== status && isObject(body) && Reflect.set(body, 'status', lower)
  },
  readParameter: (operation, name, text) =>
    operation === 'listRunners' && name === 'status' ? text?.toLowerCase() : text,
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Fractions in JSON pass through a double: digits beyond it are lost, and what is too large for it becomes a string. */
export const fractionsThroughDouble: Deviations = {
  readText: (text) => text.replace(TOKENS, (token) => (/^[^"]*[.eE]/.test(token) ? toDouble(token) : token)),
}

function toDouble(token: string): string {
  const value = Number(token)
  if (!Number.isFinite(value)) return `"${value}"`
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/**
 * A scalar of a neighbouring JSON type is taken for the declared one: 1.5 as 1, 5 as "5", "2" as 2, true as "true"; a
 * number instead of a time as seconds since 1970. A null among counts is left out, and an empty text instead of a number,
 * an id or a time.
 */
export const scalarCoercion: Deviations = {
  mend({ body, flaws }) {
    let isChanged = false
    for (const { keyword, instancePath, params } of flaws) {
      const place = keyword === 'type' || keyword === 'format' ? placeAt(body, instancePath) : undefined
      if (place === undefined) continue
      const given: unknown = Reflect.get(place.parent, place.key)
      const isCount = /\/usage\/[^/]+$/.test(instancePath)
      if ((given === null && isCount) || (given === '' && mayBeEmpty(place.parent, keyword, params['type'])))
        isChanged = Reflect.deleteProperty(place.parent, place.key) || isChanged
      if (keyword === 'format') continue
      const taken = TIME.test(place.key) && typeof given === 'number' ? timeAt(given) : coerce(given, params['type'])
      if (taken !== undefined) isChanged = Reflect.set(place.parent, place.key, taken) || isChanged
    }
    return isChanged
  },
}

const TIME = /_(time|at)$/

/** Whether an empty text in an object is read as nothing: instead of a number, an id or a time. */
function mayBeEmpty(parent: object, keyword: string, type: unknown): boolean {
  return !Array.isArray(parent) && (keyword === 'format' || type === 'number' || type === 'integer')
}

/** A time by its seconds since 1970; undefined for one that no clock shows. */
function timeAt(seconds: number): string | undefined {
  const moment = new Date(seconds * 1000)
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString().replace(/^\+\d+/, '9999')
}

/** The value as another type reads it; undefined where it cannot. */
function coerce(value: unknown, type: unknown): string | number | boolean | undefined {
  if (type === 'string') return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined
  if (type === 'number')
    return typeof value === 'string' && /^-?\d{1,10}(\.\d+)?$/.test(value) ? Number(value) : undefined
  if (type !== 'integer') return undefined
  if (typeof value === 'number') return Math.trunc(value)
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : undefined
}
