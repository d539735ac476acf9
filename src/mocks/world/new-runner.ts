/** A runner as it begins: what its activation knows, and nothing else. */
import type { RunnerType } from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { WaitingLine } from '../base/waiting-line.js'
import type { RunnerFields, RunnerRecord } from './records.js'

/** What activation knows of a new runner. */
export interface NewRunner {
  id: string
  owner: Identity
  projectId: string
  name: string
  type: RunnerType
  /** What the requests for it gave besides. */
  fields: RunnerFields
}

/** A runner without agents, jobs and commands. */
export function newRunner(
  birth: Pick<NewRunner, 'id' | 'owner' | 'projectId'>,
  wire: RunnerRecord['wire'],
  activation: number,
  now: number,
): RunnerRecord {
  return {
    id: birth.id,
    owner: birth.owner,
    wire,
    projectId: birth.projectId,
    activation,
    lastHeartbeat: now,
    aliveUntil: undefined,
    deadSince: undefined,
    purgeAt: undefined,
    lapseTimer: undefined,
    agents: new Map(),
    capabilities: DEFAULT_CAPABILITIES,
    checklist: undefined,
    view: undefined,
    isGone: false,
    jobs: {
      all: [],
      expired: 0,
      everExpired: 0,
      unlisted: new Set(),
      pending: new Map(),
      inHand: new Set(),
      cancelled: [],
      pollers: new WaitingLine(),
      view: undefined,
    },
    bridge: {
      all: new Map(),
      pending: new Map(),
      inHand: new Set(),
      pollers: new WaitingLine(),
      rate: { minute: 0, commands: 0, writes: 0 },
    },
  }
}

const DEFAULT_CAPABILITIES: readonly string[] = ['jobs']
