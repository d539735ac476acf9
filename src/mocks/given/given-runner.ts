/** What the builders of `given` share: the runner that a test gets, and the way to the mock. */
import type { IdSource, Random } from '../../kernel/id-source.js'
import type { Agent, CreateSessionRequest, RunnerType } from '../../kernel/types.js'
import { unexpected, type Call, type Credentials } from '../agents/api-call.js'
import type { PairedRunner } from '../agents/pair-runner.js'
import type { Handle } from '../engine/engine.js'
import type { RecordingJournal } from '../engine/journal.js'
import { DEFAULT_PROJECT } from '../base/names.js'
import type { JsonObject, RunnerRecord } from '../world/records.js'
import type { World } from '../world/world.js'

/** A runner in a mock, with what its own process would know of it. */
export interface GivenRunner extends PairedRunner {
  /** Headers of its owner: add them to requests that speak for the runner or its user. */
  headers: Record<string, string>
  /** Whom it belongs to. */
  as: Credentials
}

/** Which runner to make. Any field of createPairingSession that the runner will show may stand here as well. */
export interface RunnerRequest extends Partial<Omit<CreateSessionRequest, 'activation_key' | 'ttl_seconds'>> {
  /** Default `endpoint`. */
  type?: RunnerType
  /** Shown to people. Default `given-runner`. */
  name?: string
  /** Agents to register: names, or names with what describes them. Default none. */
  agents?: readonly string[] | Readonly<Record<string, Agent>>
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** Virtual milliseconds before now at which it was activated. Default 0. */
  ago_ms?: number
  /** Declared in a heartbeat. Default: `bridge` for a connect runner, none for an endpoint runner. */
  capabilities?: readonly string[]
  /** What it shows of its set-up, any JSON object. Default: none. */
  checklist?: JsonObject
  /** Id of its project. Default: the workspace's default project. */
  projectId?: string
  /** Whom it belongs to. Default: nobody's key, workspace `default`. */
  as?: Credentials
}

/** A mock as builders see it. */
export interface GivenHost {
  /** Answers what the mock's owner sets up, which no fault may meet. */
  readonly undisturbed: Handle
  readonly world: World
  readonly ids: IdSource
  readonly random: Random
  /** Told of what no client can do. */
  readonly journal: Pick<RecordingJournal, 'turn'>
}

/** What the builders work with. The world is read anew each time, since a reset replaces it. */
export interface GivenParts {
  handle: Handle
  world: () => World
  ids: IdSource
  random: Random
  journal: Pick<RecordingJournal, 'turn'>
}

/** What the builders of the single resources share. */
export interface GivenContext extends GivenParts {
  callAs: (as: Credentials | undefined) => Call
  connect: (request: RunnerRequest) => Promise<GivenRunner>
  recordOf: (runner: GivenRunner) => RunnerRecord
}

/** Id of the caller's default project. */
export async function defaultProject(call: Call): Promise<string> {
  const answer = await call('retrieveProject', { body: { name: DEFAULT_PROJECT } })
  const { body } = answer
  if (typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string') return body.id
  throw unexpected('retrieveProject', answer)
}
