/** What the journal keeps of a request, and one line of it as users read it. */
import type { ApiRequest, ApiResponse, Headers } from '../base/exchange.js'
import type { Authenticate } from '../base/identity.js'
import type { Settings } from '../base/settings.js'
import type { Directory } from './directory.js'
import type { Observation } from './engine.js'

export type { JournalEntry, Message as JournalMessage } from '../../generated/kit-schema.js'

export type Body = Uint8Array | string | undefined

/** One request, as small as it can be kept: the exchange itself would hold a socket. */
export interface RecordedRequest
  extends
    Omit<Observation, 'hungUp' | 'exchange' | 'reply'>,
    Pick<ApiRequest, 'method'>,
    Pick<ApiResponse, 'status' | 'faults' | 'decided'> {
  readonly id: number
  readonly isGiven: true | undefined
  /** Whether the answer has not reached its caller, as far as is known. */
  isLost: boolean | undefined
  readonly requestHeaders: Headers | undefined
  readonly replyHeaders: Headers
  requestBody: Body
  replyBody: Body
  readonly requestLength: number
  readonly replyLength: number
}

/** A body as text. */
export function bodyText(body: NonNullable<Body>): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

export interface JournalContext {
  readonly directory: Pick<Directory, 'fieldsOf'>
  readonly settings: Readonly<Settings>
  readonly authenticate: Authenticate
}
