// What the builders of `given` share: the runner that a test gets, the way to the mock, and what is said of the past.
import type { IdSource, Random } from '../../kernel/id-source.js'
import type { AgentMap } from '../../kernel/types.js'
import type { RunnerRequest } from '../../generated/kit-schema.js'
import { unexpected, type AgentCall, type Credentials } from '../agents/call-api.js'
import type { PairedRunner } from '../agents/paired-runner.js'
import type { Handle } from '../engine/engine.js'
import type { RecordingJournal } from '../engine/journal.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import type { RunnerRecord } from '../world/records.js'
import type { World } from '../world/world.js'
import { isObject } from '../../kernel/json-value.js'
import type { OperationId, PathOf, SuccessBodyOf } from '../../kernel/operation.js'

export type { RunnerRequest } from '../../generated/kit-schema.js'

/** A runner in a mock, with what its own process would know of it. */
export interface GivenRunner extends PairedRunner {
  /** Headers of its owner: add them to requests that speak for the runner or its user. */
  headers: Record<string, string>
  /** Whom it belongs to. */
  as: Credentials
}

/** What a test would have of a runner that is there, but for its keys. */
export function givenRunnerOf(
  { id, projectId, owner, wire: { type, name } }: RunnerRecord,
  as: Credentials = { workspace: owner.workspace },
): GivenRunner {
  const keys = { sessionId: '', activationKey: new Uint8Array(), bridgeKey: new Uint8Array() }
  return { ...keys, id, projectId, type, name, headers: {}, as }
}

export interface GivenHost {
  /** Answers what the mock's owner sets up, which no fault may meet. */
  readonly undisturbed: Handle
  readonly world: World
  readonly ids: IdSource
  readonly random: Random
  /** Notified of changes that no client can make. */
  readonly journal: Pick<RecordingJournal, 'turn'>
}

/** What the builders share. The world is read again each time, since a reset replaces it. */
export interface GivenContext {
  readonly host: GivenHost
  callAs: (as: Credentials | undefined) => AgentCall
  connect: (request: RunnerRequest) => Promise<GivenRunner>
  recordOf: (runner: GivenRunner) => RunnerRecord
}

/** The project that a request names, or the one that every workspace has from the start. */
export function projectOf(
  { host }: Pick<GivenContext, 'host'>,
  {
    projectId,
    project_id,
    as,
  }: { projectId?: string | undefined; project_id?: string | undefined; as?: Credentials | undefined },
): string {
  const id = projectId ?? project_id ?? host.world.defaultProject(as?.workspace)
  if (id === undefined) throw new Error(`The workspace has no project '${DEFAULT_PROJECT}'.`)
  return id
}

/** A resource as an operation shows it, told by a member that it has. */
export async function readShown<Id extends OperationId>(
  call: AgentCall,
  id: Id,
  path: PathOf<Id>,
  member: keyof SuccessBodyOf<Id>,
): Promise<SuccessBodyOf<Id>> {
  const answer = await call(id, { path })
  const isShown = (body: unknown): body is SuccessBodyOf<Id> => isObject(body) && member in body
  if (isShown(answer.body)) return answer.body
  throw unexpected(id, answer)
}

/** Names alone become agents without parameters. */
export function toAgentMap(agents: NonNullable<RunnerRequest['agents']>): AgentMap {
  return isNames(agents) ? Object.fromEntries(agents.map((name) => [name, {}])) : { ...agents }
}

export function isNames(agents: NonNullable<RunnerRequest['agents']>): agents is readonly string[] {
  return Array.isArray(agents)
}

/**
 * Makes a resource under the id that it is to have.
 * @param work draws its ids before anything is awaited, the id of a runner after that of its session
 */
export function withId<Result>(
  { ids, world }: GivenHost,
  kind: 'runner' | 'job' | 'command',
  id: string | undefined,
  work: () => Result,
): Result {
  if (id === undefined) return work()
  const store = { runner: world.runners, job: world.jobs, command: world.commands }[kind]
  if (store.get(id) !== undefined) throw new Error(`There is a ${kind} ${id} already.`)
  const { next } = ids
  const drawn = kind === 'runner' ? [undefined, id] : [id]
  ids.next = (now) => drawn.shift() ?? next(now)
  try {
    return work()
  } finally {
    ids.next = next
  }
}

/** Writes moments into those of the fields that are there. */
export function backdate(resource: object, moments: Readonly<Record<string, number>>): void {
  for (const [name, at] of Object.entries(moments))
    if (Object.hasOwn(resource, name)) Object.assign(resource, { [name]: new Date(at).toISOString() })
}
