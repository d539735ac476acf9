// Agents as plain data: what an agent answers, writes and gets wrong, in a form that a scenario file can hold.
// A script becomes a handler like any other; what it does with a job it does through the handler's context.
import type { Random } from '../../kernel/id-source.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { AgentContext, AgentHandler, OpenSpan } from './agent.js'
import type { AgentScript, AgentOptions } from '../../generated/kit-schema.js'
import type { Agent } from '../../kernel/types.js'

export interface RegisteredScript extends AgentOptions {
  name: string
  agent: AgentHandler | AgentScript
}

/** An agent as its runner registers it. */
export function presented({ description, params = [], timeout = 0 }: AgentOptions): Agent {
  return { ...omitUndefined({ description }), language: 'typescript', params: [...params], timeout }
}

/** What a failing job says when its script does not. */
const DEFAULT_ERROR = 'Error: scripted failure'

/** Thrown by scripted agents; its text is the job's error as it stands. */
export class ScriptedFailure extends Error {
  override readonly name = 'ScriptedFailure'
}

/** Makes a handler of a script. Dice come from `random`, and only where the script leaves something open. */
export function toHandler(script: AgentScript, random: Random): AgentHandler {
  return async (context) => {
    const { count, abandon, die } = context
    const mortal = script.dies_after_jobs !== undefined
    if (mortal && count > (script.dies_after_jobs ?? 0)) {
      die('now')
      return abandon()
    }
    const fails = drawFailure(script, random)
    const latency = drawLatency(script.latency_ms ?? 0, random)
    const passed = await work(script, latency, context)
    if (script.never_answers === true) return abandon()
    // Longer than any job may run; the runner's own timeout ends it, or a cancellation.
    const ignoreCancellation = script.ignores_cancellation === true
    if (script.times_out === true && passed) await context.sleep(Number.MAX_SAFE_INTEGER, { ignoreCancellation })
    if (mortal && count === script.dies_after_jobs) die('after-report')
    if (fails) throw new ScriptedFailure(fillText(script.error ?? DEFAULT_ERROR, context))
    return fillTemplate(script.result ?? null, context)
  }
}

interface ScriptMoment {
  readonly at: number
  readonly happens: () => void
}

/** Waits, writes and takes its steps; false when the job was cancelled and the script minds. */
async function work(script: AgentScript, latency: number, context: AgentContext): Promise<boolean> {
  const { sleep, trace } = context
  const ignoreCancellation = script.ignores_cancellation === true
  const threadId = fillText(script.thread_id ?? '', context)
  if (threadId !== '') trace({ thread_id: threadId })
  let elapsed = 0
  const reach = async (moment: number): Promise<boolean> => {
    const ms = moment - elapsed
    if (ms <= 0) return ignoreCancellation || !context.signal.aborted
    elapsed = moment
    return sleep(ms, { ignoreCancellation })
  }
  const moments = [...logMoments(script, context), ...spanMoments(script, context)]
  for (const { at, happens } of moments.sort((a, b) => a.at - b.at)) {
    if (!(await reach(at))) return false
    happens()
  }
  return reach(latency)
}

function logMoments({ logs = [] }: AgentScript, context: AgentContext): ScriptMoment[] {
  return logs.map(({ after_ms: at = 0, text, stream }) => ({
    at,
    happens: () => context.log(fillText(text, context), stream),
  }))
}

function spanMoments({ spans = [] }: AgentScript, context: AgentContext): ScriptMoment[] {
  const open = new Map<string, OpenSpan>()
  return spans.flatMap((span) => {
    const { name, inside, after_ms: at = 0, for_ms: length, input, output, error, type, ...others } = span
    let step: OpenSpan | undefined
    const begin = (): void => {
      const { span: beginIn } = open.get(inside ?? '') ?? context
      step = beginIn({ name: fillText(name, context), ...omitUndefined({ type, input: fillTemplate(input, context) }) })
      open.set(name, step)
    }
    const end = (): void => {
      const failure = error === undefined ? undefined : fillText(error, context)
      step?.end({ ...others, ...omitUndefined({ output: fillTemplate(output, context), error: failure }) })
    }
    const ending = length === undefined ? [] : [{ at: at + length, happens: end }]
    return [{ at, happens: begin }, ...ending]
  })
}

function drawFailure({ failure_rate, error }: AgentScript, random: Random): boolean {
  const rate = failure_rate ?? (error === undefined ? 0 : 1)
  return rate >= 1 || (rate > 0 && random.next() < rate)
}

function drawLatency(latency: number | { min: number; max: number }, random: Random): number {
  if (typeof latency === 'number') return latency
  return latency.min + random.below(Math.max(latency.max - latency.min, 0) + 1)
}

/**
 * What placeholders may name, `{{inputs.city}}` or `{{job.id}}`. They are looked up, never evaluated: a path of member
 * names into what the job brought, and nothing else.
 */
type TemplateValues = Pick<AgentContext, 'inputs' | 'job'>

const PLACEHOLDER = /\{\{\s*((?:inputs|job)(?:\.[\w-]+)*)\s*\}\}/g
const NOTHING_ELSE = new RegExp(`^${PLACEHOLDER.source}$`)

/**
 * Fills every string in a JSON value. A string that is one placeholder becomes the value itself, with its type (null
 * when absent); inside other text a value is written out, as JSON unless it is a string.
 */
function fillTemplate(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') {
    const path = NOTHING_ELSE.exec(template)?.[1]
    return path === undefined ? fillText(template, values) : (lookUp(path, values) ?? null)
  }
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, values))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillTemplate(value, values)]))
}

function fillText(text: string, values: TemplateValues): string {
  return text.replace(PLACEHOLDER, (_, path: string) => {
    const value = lookUp(path, values)
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  })
}

function lookUp(path: string, values: TemplateValues): unknown {
  let value: unknown = values
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
