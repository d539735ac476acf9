/**
 * Agents as plain data: what an agent answers, writes and gets wrong, in a form that a scenario file can hold.
 * A script becomes a handler like any other; what it does with a job it does through the handler's context.
 */
import type { Random } from '../../kernel/id-source.js'
import type { SpanType } from '../../kernel/types.js'
import { present } from '../base/words.js'
import type { AgentContext, AgentHandler, AgentOptions, OpenSpan } from './agent.js'

/** A log line of a script. */
export interface ScriptedLog {
  /** Virtual milliseconds since the job was taken. Default 0. */
  after_ms?: number
  /** May hold placeholders. */
  text: string
  /** Default `stdout`. */
  stream?: 'stdout' | 'stderr'
}

/** A step of a script: a span of the job's trace. */
export interface ScriptedSpan {
  /** May hold placeholders, as all texts of a span. */
  name: string
  /** Default `general`. */
  type?: SpanType
  /** The name of the span around it, which stands before it. Default: the agent itself. */
  inside?: string
  /** Virtual milliseconds since the job was taken. Default 0. */
  after_ms?: number
  /** Virtual milliseconds until it ends. Default: until the job is done. An end that is due after the latency holds the result back. */
  for_ms?: number
  /** Any JSON with placeholders. */
  input?: unknown
  /** Any JSON with placeholders. */
  output?: unknown
  model?: string
  provider?: string
  /** Counts of tokens, by kind. */
  usage?: Record<string, number>
  /** In dollars. */
  cost?: number
  /** Why it failed. */
  error?: string
}

/** An agent as JSON. Everything is optional: `{}` answers null at once. */
export interface AgentScript {
  /** Any JSON; its strings may hold `{{inputs.name}}` and `{{job.id}}`. Default null. */
  result?: unknown
  /** Written while the job runs. A line that is due after the latency holds the result back. Default none. */
  logs?: readonly ScriptedLog[]
  /** The steps of the work. Default none. */
  spans?: readonly ScriptedSpan[]
  /** The thread of the trace, with placeholders. Default none. */
  thread_id?: string
  /** How long a job takes, in virtual milliseconds: fixed, or drawn for each job under the mock's seed. Default 0. */
  latency_ms?: number | { min: number; max: number }
  /** Share of jobs that fail, 0 to 1, drawn under the mock's seed. Default 0, or 1 when `error` is given. */
  failure_rate?: number
  /** What a failing job reports, placeholders included. Default `Error: scripted failure`. */
  error?: string
  /** Works until the job's timeout passes, and reports that. Default false. */
  times_out?: boolean
  /** Works on when its job is cancelled, and reports as if nothing had happened. Default false. */
  ignores_cancellation?: boolean
  /** Takes jobs and never reports them again. Default false. */
  never_answers?: boolean
  /** The runner ends without a goodbye once this many jobs are reported; 0: over the first job. Default: never. */
  dies_after_jobs?: number
}

/** An agent as it was registered. */
export interface RegisteredScript extends AgentOptions {
  name: string
  agent: AgentHandler | AgentScript
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
    if (script.times_out === true && passed) await endlessly(script, context)
    if (mortal && count === script.dies_after_jobs) die('after-report')
    if (fails) throw new ScriptedFailure(fillText(script.error ?? DEFAULT_ERROR, context))
    return fillTemplate(script.result ?? null, context)
  }
}

/** Something that happens at a moment of the job. */
interface Moment {
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

function logMoments({ logs = [] }: AgentScript, context: AgentContext): Moment[] {
  return logs.map(({ after_ms: at = 0, text, stream }) => ({
    at,
    happens: () => context.log(fillText(text, context), stream),
  }))
}

function spanMoments({ spans = [] }: AgentScript, context: AgentContext): Moment[] {
  const open = new Map<string, OpenSpan>()
  return spans.flatMap((span) => {
    const { name, inside, after_ms: at = 0, for_ms: length, input, output, error, type, ...others } = span
    let step: OpenSpan | undefined
    const begin = (): void => {
      const { span: beginIn } = open.get(inside ?? '') ?? context
      const start = { name: fillText(name, context), ...present({ type }) }
      step = beginIn({ ...start, ...present({ input: input === undefined ? input : fillTemplate(input, context) }) })
      open.set(name, step)
    }
    const end = (): void =>
      step?.end({
        ...others,
        ...present({
          output: output === undefined ? output : fillTemplate(output, context),
          error: error === undefined ? error : fillText(error, context),
        }),
      })
    const ending = length === undefined ? [] : [{ at: at + length, happens: end }]
    return [{ at, happens: begin }, ...ending]
  })
}

/** Longer than any job may run; the runner's own timeout ends it, or a cancellation. */
async function endlessly(script: AgentScript, { sleep }: AgentContext): Promise<void> {
  await sleep(Number.MAX_SAFE_INTEGER, { ignoreCancellation: script.ignores_cancellation === true })
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
interface TemplateValues {
  inputs: unknown
  job: unknown
}

const PLACEHOLDER = /\{\{\s*((?:inputs|job)(?:\.[\w-]+)*)\s*\}\}/g
const NOTHING_ELSE = new RegExp(`^${PLACEHOLDER.source}$`)

/**
 * Fills every string in a JSON value. A string that is one placeholder becomes the value itself, with its type (null
 * when there is none); inside other text a value is written out, as JSON unless it is a string.
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
