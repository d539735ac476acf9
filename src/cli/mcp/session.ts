/** What the tools share of one world: its mock, what was kept of it, and what was found last. */
import type { Report } from '../../contracts/check/report-model.js'
import { memberOf, textAt, textsOf } from '../../kernel/json-value.js'
import type { McpHost } from '../../mocks/adapters/node-exchange.js'
import type { Snapshot } from '../../mocks/mock/mock-types.js'
import type { ReportCase } from '../../report/report-document.js'

export interface McpSession extends McpHost {
  /** Whether the client is the user's own process, whose files may be read. */
  readonly isLocal: boolean
  readonly kept: Map<string, Snapshot>
  lastReport: Report | undefined
  /** Of the last recording: the rules that were broken. */
  lastVerdicts: readonly ReportCase[]
}

export function createSession(host: McpHost, isLocal: boolean): McpSession {
  return { ...host, isLocal, kept: new Map(), lastReport: undefined, lastVerdicts: [] }
}

/**
 * Calls the admin API.
 * @param call method and path, such as `GET /clock`
 * @returns the parsed body
 * @throws Error in the words of a refusal
 */
export async function ask(
  { admin }: McpSession,
  call: string,
  given?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const [, method = '', path = '', query = ''] = /^(\w+) ([^?]*)\??(.*)$/.exec(call) ?? []
  const body = given === undefined ? '' : JSON.stringify(given)
  const answer = await admin({ method, path, query: new URLSearchParams(query), headers: {}, body, signal })
  if ('open' in answer) throw new Error(`${call} is a stream.`)
  const value: unknown = answer.body === '' ? undefined : JSON.parse(answer.body)
  if (answer.status < 400) return value
  throw new Error(textsOf(memberOf(value, 'errors')).join('\n') || textAt(value, 'message'))
}
