/** Kinds of sequences: how often each step comes in one, and how long they are. */
import type { Kind } from './intent.js'
import type { SequenceForm } from './sequences-arbitrary.js'

/** One kind of sequences. */
export interface Profile {
  form: SequenceForm
  /** Whether time passes in them. */
  hasClock: boolean
}

const reads = { getRunner: 1, listRunners: 1, listJobs: 1, getJob: 2, getJobLogs: 2, getBridgeCommand: 2 } as const

const jobSteps = {
  createJob: 6,
  nextJob: 6,
  reportJobResult: 4,
  cancelJob: 3,
  appendJobLogs: 3,
  getJobLogs: 2,
  getJob: 2,
  listJobs: 2,
  heartbeat: 2,
  registerAgents: 0.3,
} as const

const commandSteps = {
  createBridgeCommand: 6,
  nextBridgeCommands: 6,
  reportBridgeResult: 5,
  getBridgeCommand: 4,
  heartbeat: 1,
} as const

const runnerSteps = {
  createPairingSession: 2,
  activatePairingSession: 3,
  listRunners: 4,
  getRunner: 3,
  disconnectRunner: 2,
  heartbeat: 3,
  registerAgents: 2,
  patchChecklist: 3,
  pair: 2,
} as const

type Weights = Partial<Record<Kind, number>>

/** Sequences that begin with some pairings of one type, or of any. */
function profile(
  weights: Weights,
  pairings: number,
  steps: number,
  more: Partial<SequenceForm & Profile> & { type?: number } = {},
): Profile {
  const { owners = 7, hasClock = false, type } = more
  const toForm = (form: number): number => (type === undefined ? form : form - (form % 2) + type)
  return { form: { weights, steps, owners, first: { kind: 'pair', most: pairings, form: toForm } }, hasClock }
}

const ENDPOINT = 0
const CONNECT = 1

/** The profiles by the names of their checks. */
export const profiles = {
  jobs: profile({ ...jobSteps, pair: 1, disconnectRunner: 0.3 }, 2, 90, { type: ENDPOINT, owners: 9 }),
  commands: profile({ ...commandSteps, pair: 0.5, disconnectRunner: 0.3 }, 2, 80, { type: CONNECT, owners: 9 }),
  runners: profile({ ...runnerSteps, createJob: 1, createBridgeCommand: 1 }, 2, 80),
  callers: profile({ ...reads, ...runnerSteps, ...commandSteps, ...jobSteps }, 3, 90, { owners: 4 }),
  everything: profile({ ...reads, ...runnerSteps, ...commandSteps, ...jobSteps }, 3, 100),
  time: profile(
    { ...runnerSteps, ...commandSteps, ...jobSteps, heartbeat: 6, pass: 9, pair: 1, disconnectRunner: 0.5 },
    3,
    60,
    { hasClock: true, owners: 9 },
  ),
} as const satisfies Record<string, Profile>

/** Name of a profile. */
export type ProfileName = keyof typeof profiles
