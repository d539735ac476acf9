/** Calls to the public API in the name of the owner of their resource; and those of a daemon that is played by hand. */
import { operations } from '../../kernel/all-operations.js'
import { fillPath, type OperationId } from '../../kernel/operation.js'
import { ADMIN, act, type AdminReading, send } from './admin-api.js'
import type { CurlCall } from './to-curl.js'
import { projects, runners, settings, world } from './world-state.js'
import { signal } from '@preact/signals'
import { ACTIVATION_KEY_BYTES, deriveBridgeKey, signActivation, signBridge, toBase64 } from '../../kernel/pairing.js'
import type { RunnerType } from '../../kernel/types.js'
import { pauseFor } from '../../kernel/clock.js'
import { randomBytes } from './platform.js'
import { textAt, type JsonObject } from '../../kernel/json-value.js'

export interface Owner {
  readonly workspace: string
  readonly user: string
}

/** Who a request without credentials is, where keys are no matter. */
export const NOBODY: Owner = { workspace: 'default', user: 'admin' }

/**
 * The call of an operation. The usual user calls the public API as it is; others have a key that the console does not
 * know, so the admin API passes the call on in their name.
 */
export function callOf(
  operation: OperationId,
  owner: Owner,
  parameters: Readonly<Record<string, string>> = {},
  body?: unknown,
): CurlCall {
  const { method } = operations[operation]
  const needsName = world.value?.auth === 'keys' || owner.user !== NOBODY.user
  const root = needsName
    ? `${ADMIN}/as/${encodeURIComponent(owner.workspace)}/${encodeURIComponent(owner.user)}`
    : (world.value?.api_path ?? '')
  const isUsual = needsName || owner.workspace === NOBODY.workspace
  return {
    method,
    path: root + fillPath(operations[operation], parameters),
    ...(isUsual ? {} : { headers: { 'comet-workspace': owner.workspace } }),
    body,
  }
}

type HandPairing = ReturnType<typeof toPairing>

/** What the fields of the dialog say of a pairing. */
export function toPairing(values: JsonObject) {
  const projectId = textAt(values, 'projectId')
  const { workspace } = projects.value.get(projectId) ?? NOBODY
  const agents = textAt(values, 'agents').split(',')
  return {
    ...{ name: textAt(values, 'name'), projectId, owner: { workspace, user: textAt(values, 'user') } },
    type: values['type'] === 'connect' ? ('connect' as const) : ('endpoint' as const),
    agents: agents.map((agent) => agent.trim()).filter((agent) => agent !== ''),
  }
}

const bridgeKeys = new Map<string, Uint8Array>()

/** The calls of a pairing, with placeholders for what only its course brings. */
export function previewPairing(pairing: HandPairing): [CurlCall, CurlCall] {
  const { name, owner } = pairing
  const session = sessionCall(pairing, '<base64 of 32 random bytes>')
  const body = { runner_name: name, hmac: '<HMAC of session id and name>' }
  return [session, callOf('activatePairingSession', owner, { sessionId: 'SESSION_ID' }, body)]
}

function sessionCall({ projectId, type, owner }: HandPairing, activationKey: string): CurlCall {
  return callOf('createPairingSession', owner, {}, { project_id: projectId, activation_key: activationKey, type })
}

/** Pairs. Resolves to the runner's id, or to the answer that stood in the way. */
export async function pair(pairing: HandPairing): Promise<{ runnerId: string } | { refused: AdminReading }> {
  const { name, type, owner, agents } = pairing
  const key = randomBytes(ACTIVATION_KEY_BYTES)
  const created = await act('Create pairing session', sessionCall(pairing, toBase64(key)))
  if (!created.isOk) return { refused: created }
  const sessionId = textAt(created.body, 'session_id')
  const runnerId = textAt(created.body, 'runner_id')
  const body = { runner_name: name, hmac: await signActivation(key, sessionId, name) }
  const activated = await act('Activate runner', callOf('activatePairingSession', owner, { sessionId }, body))
  if (!activated.isOk) return { refused: activated }
  bridgeKeys.set(runnerId, await deriveBridgeKey(key, sessionId))
  await act('Send heartbeat', heartbeatCall(runnerId, owner, type))
  const map = Object.fromEntries(agents.map((agent) => [agent, { name: agent }]))
  if (agents.length > 0) await act('Register agents', callOf('registerAgents', owner, { runnerId }, map))
  return { runnerId }
}

export function heartbeatCall(runnerId: string, owner: Owner, type: RunnerType): CurlCall {
  return callOf('heartbeat', owner, { runnerId }, { capabilities: [type === 'connect' ? 'bridge' : 'jobs'] })
}

/** Arguments with the signature that the runner expects, when the key is known: when it was paired here. */
export async function signArgs(runnerId: string, type: string, args: unknown): Promise<unknown> {
  const key = bridgeKeys.get(runnerId)
  if (key === undefined || typeof args !== 'object' || args === null || Array.isArray(args)) return args
  return { ...args, _hmac: await signBridge(key, type, args) }
}

export const keptAlive = signal<ReadonlySet<string>>(new Set())

export function keepAlive(id: string, isOn: boolean): void {
  const next = new Set(keptAlive.value)
  if (isOn) next.add(id)
  else next.delete(id)
  keptAlive.value = next
  if (isOn) void beat(id)
}

/** Sends them; a third of the time to live apart. */
export async function startHeartbeats(): Promise<never> {
  for (;;) {
    for (const id of keptAlive.value) void beat(id)
    await pauseFor(Math.max(500, (settings.value['heartbeat_ttl_seconds'] ?? 15) * (1000 / 3)))
  }
}

async function beat(id: string): Promise<void> {
  const runner = runners.value.get(id)
  if (runner === undefined) return
  const { status } = await send(heartbeatCall(id, runner, runner.type))
  if (status === 410) keepAlive(id, false)
}
