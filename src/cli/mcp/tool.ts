/** What a tool is: a name, the form of its input (openapi/kit.yaml), and a function that answers in text. */
import type { FormOf } from '../../generated/kit-form.js'
import { problemsOf, type Form } from '../../kernel/form.js'
import { describeProblem } from '../../kernel/problem.js'
import { present } from '../../mocks/base/words.js'
import { ToolError } from './tool-error.js'
import type { McpSession } from './session.js'

/** One call of a tool. */
export interface ToolCall {
  readonly signal: AbortSignal
  /** Tells how far it is; nothing happens where the client has not asked for it. */
  readonly progress: (done: number, total: number, message: string) => void
}

/** Text for an agent, and what it may do next. */
export interface ToolAnswer {
  readonly text: string
  readonly next: string
  /** Page of a long text. */
  readonly page?: number | undefined
  /** Where the rest is. Default: on the next page. */
  readonly rest?: string
}

interface ToolFrame<Input> {
  readonly name: string
  readonly title: string
  readonly form: FormOf<Input>
  /** Whether it changes nothing. */
  readonly isReadOnly?: boolean
  /** Whether something may be lost. */
  readonly isDestructive?: boolean
  /** Whether it leaves this process. */
  readonly isOpenWorld?: boolean
}

export interface Tool extends ToolFrame<unknown> {
  /** @throws ToolError, KitError for input that cannot be used */
  readonly run: (session: McpSession, input: unknown, call: ToolCall) => Promise<ToolAnswer>
}

/** Declares a tool; `run` gets input that has the form. */
export function defineTool<Input>(
  frame: ToolFrame<Input>,
  run: (session: McpSession, input: Input, call: ToolCall) => ToolAnswer | Promise<ToolAnswer>,
): Tool {
  const hasForm = (input: unknown): input is Input => problemsOf(frame.form, input).length === 0
  return {
    ...frame,
    async run(session, input, call) {
      if (hasForm(input)) return run(session, input, call)
      const told = problemsOf(frame.form, input).map((problem) => describeProblem(problem, 'The input'))
      throw new ToolError(told.slice(0, MAX_TOLD).join('\n'))
    },
  }
}

const MAX_TOLD = 10

/** A form as clients read it: JSON Schema alone, without what the kit says beyond it. */
export function toJsonSchema(form: Form): Record<string, unknown> {
  const { says: _says, code: _code, secret: _secret, instance: _instance, ...schema } = form
  const { properties, items, additionalProperties: others, anyOf } = schema
  return present({
    ...schema,
    properties:
      properties && Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, toJsonSchema(part)])),
    items: items && toJsonSchema(items),
    additionalProperties: typeof others === 'object' ? toJsonSchema(others) : others,
    anyOf: anyOf?.map(toJsonSchema),
  })
}
