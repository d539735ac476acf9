/** What a tool is: a name, the form of its input (openapi/kit.yaml), and a function that answers in text. */
import type { FormOf } from '../../generated/kit-form.js'
import { hasForm, problemsOf, type OptionSchema } from '../../kernel/validate-options.js'
import { objectOf, type JsonObject, memberOf, textAt, textsOf } from '../../kernel/json-value.js'
import { describeProblem } from '../../kernel/problem.js'
import type { Report } from '../../contracts/check/report-model.js'
import type { McpHost } from '../../mocks/adapters/node-mcp.js'
import type { Snapshot } from '../../mocks/mock/mock-types.js'
import type { ReportCase } from '../../report/report-document.js'
import { printableLines } from '../../kernel/printable.js'

/** One call of a tool. */
export interface ToolCall {
  readonly signal: AbortSignal
  /** Tells how far it is; nothing happens where the client has not asked for it. */
  readonly progress: (done: number, total: number, message: string) => void
}

interface ToolFrame<Input> {
  readonly name: string
  readonly title: string
  readonly form: FormOf<Input>
  /** For clients that ask their user before something is changed, or left. */
  readonly hints?: { readOnlyHint?: boolean; destructiveHint?: boolean; openWorldHint?: boolean }
}

export interface Tool extends ToolFrame<unknown> {
  /** @throws Error for input that cannot be used: its message says what, where, and what was expected */
  readonly run: (session: McpSession, input: unknown, call: ToolCall) => Promise<ToolAnswer>
}

const MAX_TOLD = 10

/** Declares a tool; `run` gets input that has the form. */
export function defineTool<Input>(
  frame: ToolFrame<Input>,
  run: (session: McpSession, input: Input, call: ToolCall) => ToolAnswer | Promise<ToolAnswer>,
): Tool {
  return {
    ...frame,
    async run(session, input, call) {
      if (hasForm(frame.form, input)) return run(session, input, call)
      const told = problemsOf(frame.form, input).map((problem) => describeProblem(problem, 'The input'))
      throw new Error(told.slice(0, MAX_TOLD).join('\n'))
    },
  }
}

/** What forms say beyond JSON Schema. */
const OWN = new Set(['says', 'code', 'secret', 'instance'])

/** A form as clients read it. A member of an input may have the name of a keyword: its schema is an object. */
export function toJsonSchema(form: OptionSchema): JsonObject {
  const isKept = (key: string, value: unknown): boolean => !OWN.has(key) || typeof value === 'object'
  return objectOf(JSON.parse(JSON.stringify(form, (key, value: unknown) => (isKept(key, value) ? value : undefined))))
}

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

/** Text for an agent, and what it may do next. */
interface ToolAnswer {
  readonly text: string
  readonly next: string
  /** Page of a long text. */
  readonly page?: number | undefined
  /** Where the rest is. Default: on the next page. */
  readonly rest?: string
}

const MAX_LINES = 40
const MAX_CHARACTERS = 5000
const MAX_LINE = 2500

/** A page of an answer as the client gets it, with how to read on. */
export function toPage({ text, next, page = 1, rest }: ToolAnswer): string {
  const pages: string[][] = []
  let size = 0
  for (const whole of printableLines(text).trimEnd().split('\n')) {
    const line = whole.length > MAX_LINE ? `${whole.slice(0, MAX_LINE)}... (${whole.length} characters)` : whole
    const last = pages.at(-1)
    const fits = last !== undefined && last.length < MAX_LINES && size + line.length <= MAX_CHARACTERS
    if (fits) last.push(line)
    else pages.push([line])
    size = fits ? size + line.length : line.length
  }
  const shown = pages[page - 1]
  if (shown === undefined) throw new Error(`'page' cannot be ${page}: there are ${pages.length}.`)
  const more = page < pages.length ? `; ${rest ?? `page ${page + 1} follows`}` : ''
  const place = pages.length === 1 ? [] : [`page ${page} of ${pages.length}${more}`]
  return [...shown, ...place, '', `Next: ${next}`].join('\n')
}

/** Objects on a line each, without what is empty. */
export function toLines(rows: readonly JsonObject[], names?: readonly string[]): string[] {
  return rows.map((row) =>
    (names ?? Object.keys(row))
      .flatMap((name) => (isEmpty(row[name]) ? [] : `${name}=${toText(row[name])}`))
      .join('  '),
  )
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function toText(value: unknown): string {
  if (Array.isArray(value) && !value.some((item) => typeof item === 'object')) return value.join(',')
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)
}
