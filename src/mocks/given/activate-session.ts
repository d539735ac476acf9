// `mock.pairing`: activates a pairing session instead of the person who would do it on the web page. The owner of
// the mock needs neither the link nor a key. It is loaded when the first session is activated.
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { readPairingLink, signActivation, writePairingLink } from '../../kernel/pairing.js'
import { ActivationOptions as OptionsForm } from '../../generated/kit-later.js'
import { createCall, type CallAnswer } from '../agents/call-api.js'
import { actAs, createIdentity } from '../base/identity.js'
import type { Handle } from '../engine/engine.js'
import type { SessionRecord } from '../world/records.js'
import type { World } from '../world/world.js'
import type { GivenHost } from './given-runner.js'
import type { ActivationOptions } from '../../generated/kit-schema.js'

export type { ActivationOptions } from '../../generated/kit-schema.js'

/** Pairing, seen from the web page. */
export interface Pairing {
  /**
   * Activates a session: its runner is connected then. No fault meets it, and the journal marks it as given.
   * @param session the link that a daemon has printed, or the id of its session alone: the mock knows the key
   * @throws KitError `pairing/refused` for a link whose key is wrong, a session that is unknown or has expired, and a name
   *   that the API refuses
   * @example
   * const { runnerId } = await mock.pairing.activate(await mock.given.pairingLink())
   */
  activate(session: string, options?: ActivationOptions): Promise<Activation>
}

/** What became of a session. */
export interface Activation {
  runnerId: string
  /** False when the session had been activated before, which a web page takes for a success, too. */
  isNew: boolean
}

interface ActivationHost extends Pick<GivenHost, 'undisturbed' | 'world'> {
  readonly ready: Promise<void>
}

export class ActivationRefused extends KitError {
  readonly answer: CallAnswer

  constructor(answer: CallAnswer) {
    super('pairing/refused', {
      failed: `The pairing session was not activated: ${answer.status} ${JSON.stringify(answer.body)}.`,
      fix: 'Give the id of a session that waits, or the whole link as its daemon has printed it.',
    })
    this.answer = answer
  }
}

export async function activateSession(
  host: ActivationHost,
  session: string,
  options: ActivationOptions = {},
): Promise<Activation> {
  expectForm({ type: 'string' }, session, 'mock.pairing.activate')
  expectForm(OptionsForm, options, 'mock.pairing.activate')
  await host.ready
  const link = readPairingLink(session)
  const id = (link?.sessionId ?? session).toLowerCase()
  const record = host.world.sessions.get(id)
  const { as, name = link?.runnerName ?? nameForSession(id) } = options
  const call = createCall(as === undefined ? inNameOf(record, host.undisturbed) : host.undisturbed, as)
  const key = link?.activationKey ?? record?.activationKey
  const hmac = key === undefined ? NO_PROOF : await signActivation(key, id, name)
  const answer = await call('activatePairingSession', { path: { sessionId: id }, body: { runner_name: name, hmac } })
  if (record !== undefined && (answer.status === 201 || answer.status === 409)) {
    return { runnerId: record.runnerId, isNew: answer.status === 201 }
  }
  throw new ActivationRefused(answer)
}

/** A name for a runner whose daemon has not asked for one: the same each time for one session. */
export function nameForSession(id: string): string {
  return `runner-${id.slice(-6)}`
}

type LinkedSession = Pick<SessionRecord, 'id' | 'workspace' | 'projectId' | 'activationKey' | 'type'>

/**
 * The link of a session.
 * @param apiUrl where the daemon finds the API
 * @param runnerName what the daemon calls its runner, if that is known
 */
export function linkOf(
  { id, workspace, projectId, activationKey, type }: LinkedSession,
  world: World,
  apiUrl: string,
  runnerName = nameForSession(id),
): string {
  const projectName = world.nameOfProject(projectId, workspace) ?? projectId
  return writePairingLink({ sessionId: id, activationKey, projectId, runnerName, type, apiUrl, projectName, workspace })
}

/** What no key proves: of an unknown session the API says the same whatever is sent. */
const NO_PROOF = 'A'.repeat(43)

function inNameOf(session: SessionRecord | undefined, handle: Handle): Handle {
  if (session?.user === undefined) return handle
  const opener = createIdentity(session.workspace, session.user)
  return (exchange) => handle({ ...exchange, headers: actAs(opener, exchange.headers ?? {}) })
}
