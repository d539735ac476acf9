/** What a tool is: a name, the form of its input (openapi/kit.yaml), and a function that answers in text. */
import type { FormOf } from '../../generated/kit-form.js'
import { hasForm, problemsOf, type OptionSchema } from '../../kernel/validate-options.js'
import { objectOf, type JsonObject } from '../../kernel/json-value.js'
import { describeProblem } from '../../kernel/problem.js'
import type { ToolAnswer } from './paging.js'
import type { McpSession } from './session.js'

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
