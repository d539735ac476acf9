/** What an agent is, to those who script one: a function from inputs to a result, and how a runner presents it. */
import type { LocalRunnerJob } from '../../kernel/types.js'
import type { SleepOptions, SpanEnd, SpanStart, TraceChange } from '../../generated/kit-schema.js'

/** What an agent gets to work with. */
export interface AgentContext {
  /** The job's inputs as they were created. */
  readonly inputs: unknown
  /** The whole job, as it was handed out. */
  readonly job: LocalRunnerJob
  /** How many jobs of this agent its runner has taken, this one included. */
  readonly count: number
  /** Writes a log line. */
  readonly log: (text: string, stream?: 'stdout' | 'stderr') => void
  /** Lets virtual time pass; false when the job was cancelled meanwhile, or its runner ended. */
  readonly sleep: (ms: number, options?: SleepOptions) => Promise<boolean>
  /**
   * Begins a step of the work, which the job's trace shows as a span at once; `end` ends it, and the end of the job does
   * so for all that are still open.
   */
  readonly span: OpenSpan['span']
  /** Says more of the job's trace: its thread, metadata, tags. */
  readonly trace: (change: TraceChange) => void
  /**
   * The project's configuration as the job asks for it: the version of its `blueprint_name`, else the one in `prod`, with
   * the values of its `mask_id` laid over. The trace tells of it in `metadata.agent_configuration`, as the SDKs do.
   * undefined without a configuration: then an agent has values of its own.
   */
  readonly configuration: () => Promise<AgentConfiguration | undefined>
  /**
   * A prompt of the project, as the SDKs read it: its newest version, or the one that is asked for; in its place the draft
   * that the job's `prompt_masks` has for it. undefined for an unknown prompt.
   */
  readonly prompt: (name: string, which?: PromptChoice) => Promise<AgentPrompt | undefined>
  /** Aborts when the job is cancelled or over, or its runner is gone. */
  readonly signal: AbortSignal
  /** Gives the job up without a word: nothing more is reported of it, not even its timeout. Never resolves. */
  readonly abandon: () => Promise<never>
  /** Ends the whole runner as a crash does, without a goodbye: at once, or once this job is reported. */
  readonly die: (when: 'now' | 'after-report') => void
}

/** What an agent is to run with. */
export interface AgentConfiguration {
  /** The name of the version, such as `v2`. */
  readonly version: string
  /** All values by key, as numbers and booleans where their type says so. */
  readonly values: Readonly<Record<string, unknown>>
  /** Those that come from the job's mask. */
  readonly masked: Readonly<Record<string, unknown>>
}

/** Which version of a prompt. Default: the newest. */
export interface PromptChoice {
  /** The one that is in this environment. */
  readonly environment?: string
  /** By its number, such as `v2`. */
  readonly version?: string
}

/** A prompt that an agent works with. */
export interface AgentPrompt {
  readonly template: string
  /** The number of the version, such as `v2`; undefined for a draft. */
  readonly version: string | undefined
}

/** A step that is under way. */
export interface OpenSpan {
  readonly id: string
  /** Begins a step inside it. */
  readonly span: (start: SpanStart) => OpenSpan
  /** Ends it; once only. */
  readonly end: (ending?: SpanEnd) => void
}

/** Computes the result of a job. What it throws becomes the job's error, as `name: message`. */
export type AgentHandler = (context: AgentContext) => unknown
