/**
 * An answer as checks see it: its parts as values, what the spec knows of it, and what else is allowed in its
 * place.
 */
import { type AnswerShape, answerShapes } from '../../generated/answer-shapes.js'
import { nestsTooDeeply } from '../../kernel/json-text.js'
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { Exchange } from './recorded-exchange.js'

/** An answer whose status nobody has looked at: use `expectStatus` to learn the type of its body. */
export interface Answer<Id extends OperationId = OperationId> {
  /** The operation called; null for a raw request that means none. */
  readonly operation: Id | null
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, see `knownPart`; undefined when there was no body or it could not be parsed. */
  readonly body: unknown
  /** The body as it came. */
  readonly text: string
  /** What about it breaks the spec, whatever the check expects. */
  readonly flaws: readonly Flaw[]
  readonly exchange: Exchange
}

/** An answer with a known status, and thus a known body. */
export interface AnswerWith<Id extends OperationId, Status extends StatusOf<Id>> extends Answer<Id> {
  readonly status: Status
  readonly body: ResponseBodyOf<Id, Status>
}

/** A way in which an answer breaks the spec. */
export interface Flaw {
  kind: 'status' | 'media' | 'body' | 'header'
  expected: string
  actual: string
  /** Pointer into the spec. */
  pointer: string
}

/** A body without the fields that the spec does not know, its times in whole milliseconds. Errors stay as they are. */
export function knownPart(operation: OperationId | null, status: number, body: unknown): unknown {
  const shape = operation === null || status >= 300 ? undefined : answerShapes[operation]
  return shape === undefined ? body : reduce(body, shape)
}

function reduce(value: unknown, { fields, items, isTime }: AnswerShape): unknown {
  if (isTime === true) return typeof value === 'string' ? toMilliseconds(value) : value
  if (Array.isArray(value)) return items === undefined ? value : value.map((item: unknown) => reduce(item, items))
  if (fields === undefined || typeof value !== 'object' || value === null) return value
  const known: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (shape !== undefined) known[name] = reduce(member, shape)
  }
  return known
}

const UTC_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** Stored times may have fewer digits than those that come from memory. */
function toMilliseconds(time: string): string {
  const [, seconds, decimals = ''] = UTC_TIME.exec(time) ?? []
  return seconds === undefined ? time : `${seconds}.${decimals.padEnd(3, '0').slice(0, 3)}Z`
}

/** The members of an object, none for anything else. */
export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The members that are text. */
export function toTexts(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, member] of Object.entries(toRecord(value))) {
    if (typeof member === 'string') texts[name] = member
  }
  return texts
}

/** A query as it is sent, with its question mark; empty for none. */
export function toSearch(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}

/** Media type of a list that comes item by item: lines of JSON, each closed by CRLF. */
export const STREAM = 'application/octet-stream'

/** What the body of an answer means; undefined for what cannot be read. */
export function readBody(headers: Readonly<Record<string, string>>, text: string): unknown {
  if (!isOfMedia(headers, STREAM)) return parseJson(text)
  const lines = text.split('\r\n').filter((line) => line !== '')
  const items = lines.map(parseJson)
  return items.includes(undefined) ? undefined : items
}

/** Whether a body is declared as of a media type. */
export function isOfMedia(headers: Readonly<Record<string, string>>, media: string): boolean {
  const [essence = ''] = (headers['content-type'] ?? '').split(';', 1)
  return essence.trim().toLowerCase() === media
}

/** What a text of JSON means; undefined for any other text, and for one that nests without end. */
export function parseJson(text: string): unknown {
  if (text === '' || nestsTooDeeply(text)) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    return undefined
  }
}

/** One tolerated difference. */
export interface Alternative {
  /** What differs, for reports. */
  readonly what: string
  /** Statuses that are all right, declared or not. */
  readonly statuses?: readonly number[]
  /** Values of the status field that are all right. */
  readonly states?: readonly string[]
  /** Headers, in lower case, that may be other than declared. */
  readonly headers?: readonly string[]
}

/** Every tolerated difference by its name. */
export const alternatives = {
  // Requests that no rule decides to the last digit.
  wrongMethod: { what: 'A method that a path does not know.', statuses: [405] },
  unknownPath: { what: 'A path that the API does not know.', statuses: [404] },
  oversizedBody: {
    what: 'A body over the limit is refused by the rule, or before it by a proxy.',
    statuses: [400, 413],
  },
  foreignWorkspace: { what: 'Another workspace is closed, unknown or empty for this caller.', statuses: [403, 404] },
  pollOfGoneRunner: {
    what: 'A poll whose runner is disconnected meanwhile ends with 404, or with nothing to do.',
    statuses: [200, 404],
  },
  readerOfGoneRunner: {
    what: 'A reader who waits for a command whose runner goes gets it as timed out, or 404.',
    statuses: [200, 404],
  },
  foreignProject: {
    what: "A list of another workspace's project is empty, or the project is unknown.",
    statuses: [200, 404],
  },
  preparedLocation: {
    what: 'A call that only prepares a check takes the id from any Location that ends in it; the form is judged elsewhere.',
    headers: ['location'],
  },
  ambiguousPath: {
    what: 'A path with an empty segment or an encoded slash is bad, or unknown once a proxy has decoded it.',
    statuses: [400, 404],
  },
  refusedJson: { what: 'A caller who refuses JSON gets it all the same, or 406.', statuses: [200, 406] },
  badEncoding: { what: 'A content encoding that is none, or does not fit the body.', statuses: [400, 415] },
} as const satisfies Record<string, Alternative>

/** Name of a tolerated difference. */
export type AlternativeName = keyof typeof alternatives
