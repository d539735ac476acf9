/** A step of a small world as data: what can happen, what is answered, and what has happened. */
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { WorkMachine } from '../roles.js'
import { isEnd } from '../rule-effects.js'
import type { SmallRunner, SmallWorld, Wait, SmallWork } from './small-world.js'

/** A call. */
export interface CallAction {
  readonly on: RunnerOperationId
  /** 0 or 1. */
  readonly caller: number
  /** The runner, or the session that leads to it; -1 where none is named. */
  readonly runner: number
  /** The job or command; -1 where none is named, or one that never was. */
  readonly work: number
  /** What is special about the request: facts by their condition, and `declares`, `names`, `most`, `wait`. */
  readonly form: Readonly<Record<string, string>>
  /** Whether the caller hangs up before the answer reaches it. */
  readonly isLost?: true
}

/** Time that passes. */
export interface PassAction {
  readonly on: 'pass'
  /** Default: those of a step of the walk. */
  readonly seconds?: number
}

/** What can happen next. */
export type Action = CallAction | { readonly on: 'hangUp'; readonly wait: number } | PassAction

/** What a caller is told. */
export interface Told {
  readonly status: number
  /** Jobs or commands that are handed out, or jobs whose cancellation is announced. */
  readonly ids?: readonly number[]
  /** The state that is shown. */
  readonly state?: string
}

/** A wait that has ended. */
export interface EndedWait {
  /** Its number is -1 where a poll was answered at once with nothing. */
  readonly wait: Wait
  readonly told: Told
  /** Whether what it waited for was there, and it ended without. */
  readonly isPassedOver: boolean
}

/** What has happened in one step. */
export class Step {
  readonly world: SmallWorld
  /** undefined: the call waits, or it was no call. */
  told: Told | undefined = undefined
  /** The wait that has begun. */
  begun: Wait | undefined = undefined
  /** The session, job or command that was made, and its runner. */
  made: { readonly id: number; readonly runner: number } | undefined = undefined
  readonly ended: EndedWait[] = []
  /** Numbers of the rules that decided something, each in its state. */
  readonly edges: number[] = []
  /** Timers that fired. */
  readonly timers: string[] = []
  /** The runner whose own things the answer shows. */
  shown: SmallRunner | undefined = undefined
  /** Runners purged before their time of silence was over. */
  readonly purgedEarly: SmallRunner[] = []
  /** Whether an answer shows what was so before. */
  isStale = false

  constructor(world: SmallWorld) {
    this.world = world
  }
}

/** What the stories ask for: the shortest that the API allows, or what ends between two steps. */
export const SESSION_SECONDS = 65
export const READER_SECONDS = 15
export const COMMAND_SECONDS = 1

/** The state of a runner that is there. */
export function statusOf({ beat }: SmallRunner): 'connected' | 'disconnected' {
  return beat > 0 ? 'connected' : 'disconnected'
}

/** Whether a runner is a caller's. */
export function isOf({ owner, isShared }: SmallRunner, caller: number): boolean {
  return owner === caller || isShared
}

/** What stands in the queue of a runner, oldest first. */
export function queueOf(runner: SmallRunner, machine: WorkMachine): SmallWork[] {
  return runner[machine].filter(({ isQueued }) => isQueued)
}

/** Whether a job or command has ended. */
export function isEnded({ machine, status }: SmallWork): boolean {
  return isEnd(machine, status)
}
