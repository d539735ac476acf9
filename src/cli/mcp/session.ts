/** What the tools share of one world: its mock, what was kept of it, and what was found last. */
import type { Report } from '../../contracts/check/report-model.js'
import { isObject } from '../../kernel/json-value.js'
import type { McpHost } from '../../mocks/adapters/node-mcp.js'
import type { Snapshot } from '../../mocks/mock/mock-types.js'
import type { ReportCase } from '../../report/report-document.js'
import { ToolError } from './tool-error.js'

export interface McpSession extends McpHost {
  /** Whether the client is the user's own process, whose files may be read. */
  readonly isLocal: boolean
  readonly kept: Map<string, Snapshot>
  lastReport: Report | undefined
  /** Of the last recording: the rules that were broken. */
  lastVerdicts: readonly ReportCase[]
}

export function createSession(host: McpHost, { isLocal }: { isLocal: boolean }): McpSession {
  return { ...host, isLocal, kept: new Map(), lastReport: undefined, lastVerdicts: [] }
}

/**
 * Calls the admin API.
 * @returns the parsed body
 * @throws ToolError in the words of a refusal
 */
export async function askAdmin(
  { admin }: McpSession,
  method: string,
  target: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const [path = '', query = ''] = target.split('?', 2)
  const content = body === undefined ? '' : JSON.stringify(body)
  const answer = await admin({ method, path, query: new URLSearchParams(query), headers: {}, body: content, signal })
  if ('open' in answer) throw new Error(`${target} is a stream.`)
  const value: unknown = answer.body === '' ? undefined : JSON.parse(answer.body)
  if (answer.status >= 400) throw new ToolError(refusalIn(value))
  return value
}

/** Both shapes of errors: `message`, and `errors`. */
function refusalIn(body: unknown): string {
  if (!isObject(body)) return 'The mock refused it.'
  const { message, errors } = body
  return Array.isArray(errors) ? errors.map(String).join('\n') : String(message)
}
