/** Calls to the public API in the name of the owner of their resource; and those of a daemon that is played by hand. */
import { operations } from '../../kernel/all-operations.js'
import { fillPath, type OperationId } from '../../kernel/operation.js'
import { ADMIN, act, adminCall, type AdminReading, type CurlCall, send } from './admin-api.js'
import { projects, runners, settings, world } from './world-state.js'
import { signal } from '@preact/signals'
import { ACTIVATION_KEY_BYTES, toBase64 } from '../../kernel/pairing.js'
import type { RunnerView } from '../../generated/kit-schema.js'
import type { RunnerType } from '../../kernel/types.js'
import { pauseFor } from '../../kernel/clock.js'
import { randomBytes } from './platform.js'
import { textAt, type JsonObject } from '../../kernel/json-value.js'

export type Owner = Pick<RunnerView, 'workspace' | 'user'>

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

/** The calls of a pairing, with placeholders for what only its course brings. */
export function pairingCalls(
  { name, projectId, type, owner }: HandPairing,
  activationKey = '<base64 of 32 random bytes>',
  sessionId = 'SESSION_ID',
): [CurlCall, CurlCall] {
  const session = { project_id: projectId, activation_key: activationKey, type }
  return [
    callOf('createPairingSession', owner, {}, session),
    adminCall(`POST /pairing/${sessionId}/activate`, { name }),
  ]
}

/** Pairs. Resolves to the runner's id, or to the answer that stood in the way. */
export async function pair(pairing: HandPairing): Promise<{ runnerId: string } | { refused: AdminReading }> {
  const { type, owner, agents } = pairing
  const key = toBase64(randomBytes(ACTIVATION_KEY_BYTES))
  const created = await act('Create pairing session', pairingCalls(pairing, key)[0])
  if (!created.isOk) return { refused: created }
  const runnerId = textAt(created.body, 'runner_id')
  const activation = pairingCalls(pairing, key, textAt(created.body, 'session_id'))[1]
  const activated = await act('Activate runner', activation)
  if (!activated.isOk) return { refused: activated }
  await act('Send heartbeat', heartbeatCall(runnerId, owner, type))
  const map = Object.fromEntries(agents.map((agent) => [agent, { name: agent }]))
  if (agents.length > 0) await act('Register agents', callOf('registerAgents', owner, { runnerId }, map))
  return { runnerId }
}

export function heartbeatCall(runnerId: string, owner: Owner, type: RunnerType): CurlCall {
  return callOf('heartbeat', owner, { runnerId }, { capabilities: [type === 'connect' ? 'bridge' : 'jobs'] })
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
