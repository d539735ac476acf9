/** `given.session`: a pairing session that is open, used or over. */
import { ACTIVATION_KEY_BYTES, encodePairingFragment, signActivation, toBase64 } from '../../kernel/pairing.js'
import { sharedPart } from '../../kernel/shared-fields.js'
import { expectSuccess } from '../agents/call-api.js'
import { DEFAULT_WORKSPACE } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { linkOf } from './activate-session.js'
import { projectOf, type GivenContext } from './given-runner.js'
import type { PairingLinkRequest, SessionRequest } from '../../generated/kit-schema.js'

export type { PairingLinkRequest, SessionRequest } from '../../generated/kit-schema.js'

/** A session, with everything that its two sides need to go on. */
export interface GivenSession {
  id: string
  /** The id that its runner has or will have. */
  runnerId: string
  projectId: string
  activationKey: Uint8Array
  /** What to send to activatePairingSession. */
  activation: { runner_name: string; hmac: string }
  /** The fragment of the pairing link, without `#`. */
  fragment: string
}

const DEFAULT_NAME = 'given-runner'

export async function createSession(stage: GivenContext, request: SessionRequest): Promise<GivenSession> {
  const { status = 'open', type = 'endpoint', name = DEFAULT_NAME, ttlSeconds: ttl_seconds, as } = request
  const call = stage.callAs(as)
  const projectId = projectOf(stage, request)
  const activationKey =
    request.activationKey ?? Uint8Array.from({ length: ACTIVATION_KEY_BYTES }, () => stage.host.random.below(256))
  const created = await expectSuccess(call)('createPairingSession', {
    body: {
      ...sharedPart('CreateSessionRequest', request),
      ...{ project_id: projectId, activation_key: toBase64(activationKey), type, ...omitUndefined({ ttl_seconds }) },
    },
  })
  const id = created.createdId
  const activation = { runner_name: name, hmac: await signActivation(activationKey, id, name) }
  if (status === 'activated') {
    const body = { ...sharedPart('ActivateRequest', request), ...activation }
    await expectSuccess(call)('activatePairingSession', { path: { sessionId: id }, body })
  }
  const runnerId = stage.host.world.sessions.get(id)?.runnerId ?? ''
  if (status === 'expired') {
    stage.host.world.sessions.expireNow(id)
    stage.host.journal.turn()
  }
  const fragment = encodePairingFragment({ sessionId: id, activationKey, projectId, runnerName: name, type })
  return { id, runnerId, projectId, activationKey, activation, fragment }
}

export async function createPairingLink(stage: GivenContext, request: PairingLinkRequest): Promise<string> {
  const { apiUrl = 'http://localhost/api', ...asked } = request
  const { type = 'endpoint', name = DEFAULT_NAME, as: { workspace = DEFAULT_WORKSPACE } = {} } = asked
  const session = await createSession(stage, asked)
  return linkOf({ ...session, type, workspace }, stage.host.world, apiUrl, name)
}
