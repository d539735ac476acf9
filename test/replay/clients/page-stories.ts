// What the pages of the web app ask, story by story, read from its recording: requests with names in braces in place of
// ids and times, and the fields of each answer that the pages read.
import { readFileSync } from 'node:fs'
import { answerShapes, type AnswerShape } from '../../../src/generated/answer-shapes.js'
import { matchOperation } from '../../../src/kernel/all-operations.js'
import { idParametersOf, type OperationId } from '../../../src/kernel/operation.js'

/** One request of a story. */
export interface PageRequest {
  readonly method: string
  readonly path: string
  /** A value in `json` is sent as JSON text. */
  readonly query?: Readonly<Record<string, string | { readonly json: unknown }>>
  readonly body?: unknown
  /** Of recordings that keep no bodies: their fields, with the types of the values. */
  readonly body_keys?: Readonly<Record<string, unknown>>
  /** What was wrong with the answer then: its status is none to expect. */
  readonly kit?: string
  /** The answer that satisfied the page, and others that did so, too. */
  readonly status: number
  readonly also?: readonly number[]
  /** How often it was sent. */
  readonly times?: number | string
  readonly job_status_seen?: readonly string[]
}

/** What a page did, from its opening on. */
export interface PageStory {
  readonly id: string
  readonly title: string
  readonly opens_with?: 'load'
  readonly requests: readonly PageRequest[]
}

interface Recorded {
  /** What pages ask whenever they are opened. */
  readonly load: readonly PageRequest[]
  readonly stories: readonly PageStory[]
  /** What they read, by method and path with `{}` for ids. */
  readonly reads: Readonly<Record<string, string>>
}

/** Reads one of the recordings. */
export function readPages(file: string) {
  const text = readFileSync(new URL(`../../recorded/${file}`, import.meta.url), 'utf8')
  const { load, stories, reads } = JSON.parse(text) as Recorded
  return {
    stories: stories.map((story) => ({
      ...story,
      requests: [...(story.opens_with === 'load' ? load : []), ...story.requests],
    })),
    reads: readPageReads(reads),
  }
}

const SOME_ID = '01900000-0000-7000-8000-000000000000'

/** The operation that a path with names in braces means; undefined where there is none. */
export function operationOf(method: string, path: string): OperationId | undefined {
  const match = matchOperation(method, plainPath(path).replaceAll(/\{[^}]*\}/g, SOME_ID))
  if (match.kind !== 'operation') return undefined
  // A name is no id, though its place in the path may be that of one.
  const ids = idParametersOf(match.operation).map((name) => match.path[name])
  return ids.every((id) => id === SOME_ID) ? match.operation.id : undefined
}

/** The method and the path of a request without ids and without a slash at its end. */
export function nameOf({ method, path }: Pick<PageRequest, 'method' | 'path'>): string {
  return `${method} ${plainPath(path).replaceAll(/\{[^}]*\}/g, '{}')}`
}

function plainPath(path: string): string {
  return path.replace(/(.)\/$/, '$1')
}

/** The fields that pages read in the answers of an operation, such as `content[].duration.p50`. */
export interface PageReads {
  readonly name: string
  readonly operation: OperationId
  readonly isLocation: boolean
  readonly fields: readonly string[]
}

function readPageReads(reads: Recorded['reads']): PageReads[] {
  return Object.entries(reads).flatMap(([name, text]) => {
    const [method = '', path = ''] = name.split(' ')
    const operation = operationOf(method, path)
    // What may be empty has no fields to look for.
    if (operation === undefined || (text !== 'Location' && answerShapes[operation] === undefined)) return []
    return [
      {
        name,
        operation,
        isLocation: text === 'Location',
        fields: text === 'Location' ? [] : fieldsIn(text, operation),
      },
    ]
  })
}

/** A field that begins with a dot stands beside the one before it, or beside what that is in. */
function fieldsIn(text: string, operation: OperationId): string[] {
  if (text === 'an array') return ['[]']
  const said = text
    .replaceAll(/\(.*?\)/g, '')
    .split(';')
    .filter((part) => !/not used|->|=/.test(part))
  const fields: string[] = []
  for (const word of said
    .join(' ')
    .split(/\s+/)
    .filter((each) => /^[\w.[\]]+$/.test(each))) {
    fields.push(word.startsWith('.') ? besides(fields.at(-1) ?? '', word, operation) : word)
  }
  return fields
}

function besides(before: string, word: string, operation: OperationId): string {
  const steps = before.split('.')
  const places = steps.map((_, count) => steps.slice(0, steps.length - 1 - count).join('.')).filter(Boolean)
  const [, first = ''] = word.split('.')
  const known = places.find((place) => shapeAt(operation, place)?.fields?.[first.replace('[]', '')] !== undefined)
  return `${known ?? places.at(-1) ?? ''}${word}`
}

/** Whether the spec knows a field in an answer, or lets any JSON be where it is. */
export function hasField(operation: OperationId, path: string): boolean {
  return shapeAt(operation, path) !== undefined
}

function shapeAt(operation: OperationId, path: string): AnswerShape | undefined {
  let place: AnswerShape | undefined = answerShapes[operation]
  for (const step of path.split('.')) {
    // What has no fields of its own holds any JSON.
    if (place === undefined || (place.fields === undefined && place.items === undefined)) return place
    const name = step.replace('[]', '')
    const next: AnswerShape | undefined = name === '' ? place : place.fields?.[name]
    place = step.endsWith('[]') ? next?.items : next
  }
  return place
}

/** The values of a field in a body. */
export function valuesAt(body: unknown, path: string): unknown[] {
  let places: unknown[] = [body]
  for (const step of path.split('.')) {
    const name = step.replace('[]', '')
    const found = places.map((place) =>
      name === ''
        ? place
        : typeof place === 'object' && place !== null
          ? (Reflect.get(place, name) as unknown)
          : undefined,
    )
    places = step.endsWith('[]') ? found.flatMap((each) => (Array.isArray(each) ? (each as unknown[]) : [])) : found
  }
  return places.filter((value) => value !== undefined)
}
