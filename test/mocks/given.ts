// What cases begin with: paired runners, jobs, commands. Signatures are made by node:crypto, so that the mock's own
// cryptography is judged by another hand.
import { createHash, createHmac } from 'node:crypto'
import type { LocalRunnerJob, RunnerType } from '../../src/kernel/types.js'
import type { Api, CallInput } from './api.js'

export interface Paired {
  id: string
  sessionId: string
  projectId: string
  name: string
  key: Uint8Array
}

export interface PairOptions {
  /** Default `endpoint`. */
  type?: RunnerType
  /** Default: the workspace's default project. */
  projectId?: string
  name?: string
  /** Names of agents to register. Default `echo` for endpoint runners, none for connect runners. */
  agents?: string[]
  /** Declared by a first heartbeat. Default `bridge` for connect runners, nothing for endpoint runners. */
  capabilities?: string[]
  ttlSeconds?: number
}

/** The 32 bytes that sessions of tests are opened with. */
export const KEY = Uint8Array.from({ length: 32 }, (_, index) => index + 1)

export async function defaultProject(api: Api): Promise<string> {
  const { body } = await api.arranging.expect(200, 'retrieveProject', { body: { name: 'Default Project' } })
  return body.id
}

export async function newProject(api: Api, name: string): Promise<string> {
  return (await api.arranging.expect(201, 'createProject', { body: { name } })).createdId
}

/** Opens a session without activating it. */
export async function openSession(
  api: Api,
  { type = 'endpoint', projectId, ttlSeconds }: PairOptions = {},
): Promise<{ sessionId: string; runnerId: string; projectId: string }> {
  const project = projectId ?? (await defaultProject(api))
  const { body } = await api.arranging.expect(201, 'createPairingSession', {
    body: {
      project_id: project,
      activation_key: base64(KEY),
      type,
      ...(ttlSeconds === undefined ? {} : { ttl_seconds: ttlSeconds }),
    },
  })
  return { sessionId: body.session_id, runnerId: body.runner_id, projectId: project }
}

/** The `hmac` of an activation. */
export function proofOf(sessionId: string, name: string, key: Uint8Array = KEY): string {
  const message = Buffer.concat([
    Buffer.from(sessionId.replaceAll('-', ''), 'hex'),
    createHash('sha256').update(name, 'utf8').digest(),
  ])
  return createHmac('sha256', key).update(message).digest('base64')
}

export function activation(
  sessionId: string,
  name: string,
  key: Uint8Array = KEY,
): CallInput<'activatePairingSession'> {
  return { path: { sessionId }, body: { runner_name: name, hmac: proofOf(sessionId, name, key) } }
}

/** A connected runner of the caller. */
export async function pair(api: Api, options: PairOptions = {}): Promise<Paired> {
  const { type = 'endpoint', name = `${type}-runner` } = options
  const { agents = type === 'endpoint' ? ['echo'] : [], capabilities = type === 'connect' ? ['bridge'] : [] } = options
  const { sessionId, projectId } = await openSession(api, options)
  const { createdId: id } = await api.arranging.expect(201, 'activatePairingSession', activation(sessionId, name))
  const path = { runnerId: id }
  if (capabilities.length > 0) await api.arranging.expect(200, 'heartbeat', { path, body: { capabilities } })
  if (agents.length > 0) await registerAgents(api, id, agents)
  return { id, sessionId, projectId, name, key: KEY }
}

export async function registerAgents(api: Api, runnerId: string, names: readonly string[]): Promise<void> {
  const body = Object.fromEntries(names.map((name) => [name, {}]))
  await api.arranging.expect(204, 'registerAgents', { path: { runnerId }, body })
}

export async function createJob(
  api: Api,
  { projectId }: Pick<Paired, 'projectId'>,
  job: Partial<NonNullable<CallInput<'createJob'>['body']>> = {},
): Promise<string> {
  const body = { agent_name: 'echo', project_id: projectId, ...job }
  return (await api.expect(201, 'createJob', { body })).createdId
}

/** The next job, which must be there. */
export async function takeJob(api: Api, { id }: Pick<Paired, 'id'>): Promise<LocalRunnerJob> {
  const { body } = await api.expect(200, 'nextJob', { path: { runnerId: id } })
  if (body === null) throw new Error('nextJob had nothing to hand out')
  return body
}

/** The ids of the next `count` jobs, which must be there. */
export async function drainJobs(api: Api, runner: Pick<Paired, 'id'>, count: number): Promise<string[]> {
  const ids = []
  for (let taken = 0; taken < count; taken++) ids.push((await takeJob(api, runner)).id)
  return ids
}

export async function pendingJobs(api: Api, { id }: Pick<Paired, 'id'>): Promise<LocalRunnerJob[]> {
  const { body } = await api.expect(200, 'listJobs', { path: { runnerId: id }, query: { size: 1000 } })
  return body.content.filter(({ status }) => status === 'pending')
}

export async function readJob(api: Api, jobId: string): Promise<LocalRunnerJob> {
  return (await api.expect(200, 'getJob', { path: { jobId } })).body
}

export async function submit(
  api: Api,
  { id }: Pick<Paired, 'id'>,
  command: Partial<NonNullable<CallInput<'createBridgeCommand'>['body']>> = {},
): Promise<string> {
  const body = { type: 'ReadFile' as const, args: { path: 'a.txt' }, ...command }
  return (await api.expect(201, 'createBridgeCommand', { path: { runnerId: id }, body })).body.command_id
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
