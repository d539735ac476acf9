/** A call of the model: one of the twenty operations, its content as plain data, and what came of it. */
import { operations } from '../../../kernel/all-operations.js'
import { fillPath, type OperationId } from '../../../kernel/operation.js'

/** Operations that the model knows: all of the Runners and Pairing tags. */
export const modelled = [
  'createPairingSession',
  'activatePairingSession',
  'listRunners',
  'getRunner',
  'disconnectRunner',
  'heartbeat',
  'registerAgents',
  'patchChecklist',
  'createJob',
  'getJob',
  'cancelJob',
  'getJobLogs',
  'appendJobLogs',
  'reportJobResult',
  'listJobs',
  'nextJob',
  'createBridgeCommand',
  'nextBridgeCommands',
  'getBridgeCommand',
  'reportBridgeResult',
] as const satisfies readonly OperationId[]

/** Name of an operation that the model knows. */
export type Modelled = (typeof modelled)[number]

/** A request. */
export interface ModelCall {
  operation: Modelled
  /** The name of who calls, by which the model tells callers apart. */
  identity: string
  path: Readonly<Record<string, string>>
  query: Readonly<Record<string, string | number | boolean>>
  /** JSON; undefined for none. Secrets are left out: whoever sends it fills them in. */
  body: unknown
  /** For activatePairingSession: whether the proof is right. For createPairingSession: whether the key is. */
  secret: 'right' | 'wrong'
  /** Whether it stands for one command of a batch that nextBridgeCommands has answered. */
  isPart?: boolean
}

/** Whether a call is answered only when something has happened, or its time is over. */
export type Waits = 'yes' | 'no' | 'maybe'

/** The parts of an answer that the model judges. */
export interface ModelAnswer {
  status: number
  body: unknown
  /** The id that Location ends in. */
  createdId: string | undefined
  /** Milliseconds of the target's time between request and answer, at most. */
  waitedMs: number
}

/** Path and query of a call. */
export function targetOf({ operation, path, query }: ModelCall): string {
  const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return `${fillPath(operations[operation], path)}${search.length === 0 ? '' : `?${search.join('&')}`}`
}

/** A call in a few words. */
export function describeCall({ operation, identity }: ModelCall): string {
  return identity === 'main' ? operation : `${operation} as ${identity}`
}
