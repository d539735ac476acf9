/** What a recording has shown of a server's state so far. What follows it writes here, and the scenario is read from it. */
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { textAt } from '../../../kernel/json-value.js'
import type { WorkMachine } from '../../../lifecycle/roles.js'
import type { Settings } from '../../base/settings.js'
import type { Fields, AnsweredCall } from './answered-call.js'

export interface LastSession {
  readonly owner: RecordedCaller
  /** Project and type of its runner. */
  readonly wire: Fields
  readonly expiresAt: number
  isActivated: boolean
}

export interface LastRunner {
  readonly id: string
  readonly owner: RecordedCaller
  /** As it was shown, or would be. */
  wire: Fields
  connectedAt?: number
  /** When it came to be, as far as answers about it may be older. */
  changedAt: number
  beatAt?: number
  shown?: { readonly isConnected: boolean; readonly at: number }
  isGone: boolean
}

export interface LastWork {
  readonly machine: WorkMachine
  readonly id: string
  readonly owner: RecordedCaller
  runnerId?: string
  status: string
  wire: Fields
  /** Where the wire does not tell them. */
  createdAt?: number
  handedOutAt?: number
  endedAt?: number
  /** Answers of before may be older than what is known. */
  changedAt: number
  isGone: boolean
  readonly logs: Fields[]
}

/** Collections whose entries are followed. */
export const entryKinds = ['projects', 'traces', 'spans', 'blueprints', 'prompts', 'promptVersions'] as const
export type EntryKind = (typeof entryKinds)[number]

/** An entry of a collection, whole, and whose it is. */
export interface LastEntry {
  readonly owner: RecordedCaller
  readonly fields: Fields
}

export interface LastState extends Record<EntryKind, Map<string, LastEntry>> {
  readonly settings: Settings
  readonly sessions: Map<string, LastSession>
  /** In the order of their activation. */
  readonly runners: Map<string, LastRunner>
  readonly work: Map<string, LastWork>
  /** How often each owner has called, by workspace and user. */
  readonly callers: Map<string, { readonly owner: RecordedCaller; calls: number }>
}

export function createLastState(settings: Settings): LastState {
  return {
    settings,
    ...{ sessions: new Map(), runners: new Map(), work: new Map() },
    ...{ projects: new Map(), traces: new Map(), spans: new Map(), blueprints: new Map(), callers: new Map() },
    ...{ prompts: new Map(), promptVersions: new Map() },
  }
}

export type Follow = (state: LastState, call: AnsweredCall) => void

export function isSame(a: RecordedCaller, b: RecordedCaller): boolean {
  return a.workspace === b.workspace && a.user === b.user
}

/** Whether two runners have one place: of two only the later one can be there. */
export function isRival(one: LastRunner, other: LastRunner): boolean {
  return isSame(one.owner, other.owner) && placeOf(one.wire) === placeOf(other.wire)
}

function placeOf(wire: Fields): string {
  return `${textAt(wire, 'type') || 'endpoint'} ${textAt(wire, 'project_id')}`
}
