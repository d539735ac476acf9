// A client of the API for tests: calls by operationId over any transport.
import { operations, responses } from '../../src/kernel/all-operations.js'
import {
  fillPath,
  toSearch,
  type OperationId,
  type PathOf,
  type QueryOf,
  type RequestBodyOf,
  type ResponseBodyOf,
  type StatusOf,
} from '../../src/kernel/operation.js'

export interface WireRequest {
  method: string
  /** Path and query, relative to the API's base. */
  path: string
  headers: Record<string, string>
  body?: Uint8Array | undefined
  signal?: AbortSignal | undefined
}

export interface WireAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** Carries a request to the mock and its answer back; rejects when the caller hangs up. */
export type Send = (request: WireRequest) => Promise<WireAnswer>

export interface CallInput<Id extends OperationId> {
  path?: PathOf<Id>
  query?: Partial<QueryOf<Id>> | Record<string, string | number | boolean>
  body?: RequestBodyOf<Id>
  /** A body that the types would not let through. */
  json?: unknown
  /** A body that need not even be JSON. */
  bytes?: string | Uint8Array
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Put after the path. */
  suffix?: string
}

export type Answer<Id extends OperationId> = {
  [Status in StatusOf<Id>]: AnswerWith<Status, ResponseBodyOf<Id, Status>>
}[StatusOf<Id>]

export interface AnswerWith<Status, Body> {
  status: Status
  body: Body
  headers: Record<string, string>
  /** Last segment of `Location`, '' without one. */
  createdId: string
}

export interface Credentials {
  apiKey?: string
  workspace?: string
}

export class Api {
  private readonly send: Send
  private readonly identity: Record<string, string>
  private readonly shortcut: Send

  /** @param shortcut a cheaper way to the same mock, for what a case only begins with; default: the same way */
  constructor(send: Send, identity: Record<string, string> = {}, shortcut: Send = send) {
    this.send = send
    this.identity = identity
    this.shortcut = shortcut
  }

  /** The same caller by the shortcut. */
  get arranging(): Api {
    return new Api(this.shortcut, this.identity)
  }

  /** The same API for another caller. */
  as({ apiKey, workspace }: Credentials): Api {
    const identity = {
      ...(apiKey === undefined ? {} : { authorization: apiKey }),
      ...(workspace === undefined ? {} : { 'comet-workspace': workspace }),
    }
    return new Api(this.send, identity, this.shortcut)
  }

  async call<Id extends OperationId>(id: Id, input: CallInput<Id> = {}): Promise<Answer<Id>> {
    const operation = operations[id]
    const path = fillPath(operation, toText(input.path ?? {})) + (input.suffix ?? '') + toSearch(input.query ?? {})
    const body = bodyOf(input)
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const headers = { ...this.identity, ...json, ...input.headers }
    const answer = await this.send({ method: operation.method, path, headers, body, signal: input.signal })
    return this.judge(id, answer) as Answer<Id>
  }

  /** Calls, and throws unless the status is the wanted one. */
  async expect<Id extends OperationId, Status extends StatusOf<Id>>(
    status: Status,
    id: Id,
    input: CallInput<Id> = {},
  ): Promise<AnswerWith<Status, ResponseBodyOf<Id, Status>>> {
    const answer = await this.call(id, input)
    if (answer.status !== status) {
      throw new Error(`${id} answered ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`)
    }
    return answer as unknown as AnswerWith<Status, ResponseBodyOf<Id, Status>>
  }

  /** Calls, and answers the status alone. */
  async status<Id extends OperationId>(id: Id, input: CallInput<Id> = {}): Promise<number> {
    return (await this.call(id, input)).status
  }

  /** What of an answer a transport might get wrong; the mock holds status and body against the spec itself. */
  private judge(id: OperationId, { status, headers, text }: WireAnswer): AnswerWith<number, unknown> {
    const declared = (responses[id] as Record<number, { headers: readonly string[] }>)[status]
    if (declared === undefined) throw new Error(`${id} answered ${status}, which the spec does not declare: ${text}`)
    for (const name of declared.headers) {
      if (headers[name.toLowerCase()] === undefined) throw new Error(`${id} ${status} lacks the header ${name}`)
    }
    const location = headers['location']
    if (location !== undefined && !URL.canParse(location)) throw new Error(`${id}: ${location} is not absolute`)
    const media = 'isStream' in declared ? 'application/octet-stream' : 'application/json'
    if (text !== '' && headers['content-type'] !== media) throw new Error(`${id} ${status} is no ${media}`)
    const json = 'isStream' in declared ? `[${text.trimEnd().replaceAll('\r\n', ',')}]` : text
    const body: unknown = json === '' ? undefined : JSON.parse(json)
    return { status, headers, body, createdId: location?.split('/').at(-1) ?? '' }
  }
}

/** Always bytes, so that no transport adds a content type of its own. */
function bodyOf({ body, json = body, bytes = JSON.stringify(json) }: Sent): Uint8Array | undefined {
  return typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
}

interface Sent {
  body?: unknown
  json?: unknown
  bytes?: string | Uint8Array
}

function toText(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}
