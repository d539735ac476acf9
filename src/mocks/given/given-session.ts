/** `given.session`: a pairing session that is open, used or over. */
import { constants } from '../../kernel/lifecycle.js'
import { ACTIVATION_KEY_BYTES, encodePairingFragment, signActivation, toBase64 } from '../../kernel/pairing.js'
import { sharedPart } from '../../kernel/carry.js'
import type { CreateSessionRequest, RunnerType } from '../../kernel/types.js'
import { expectSuccess, type Credentials } from '../agents/api-call.js'
import { DEFAULT_WORKSPACE } from '../base/identity.js'
import { linkOf } from './activate-session.js'
import { defaultProject, type GivenContext } from './given-runner.js'

/** Which session to make. Any field of createPairingSession that the runner will show may stand here as well. */
export interface SessionRequest extends Partial<Omit<CreateSessionRequest, 'activation_key' | 'ttl_seconds'>> {
  /** Default `open`. */
  status?: 'open' | 'activated' | 'expired'
  /** Default `endpoint`. */
  type?: RunnerType
  /** Name of the runner that the link and the HMAC are made for. Default `given-runner`. */
  name?: string
  /** Seconds, 60 to 600. Default 300. */
  ttlSeconds?: number
  /** 32 bytes. Default: drawn under the mock's seed. */
  activationKey?: Uint8Array
  /** Default: the workspace's default project. */
  projectId?: string
  /** Who creates it. Default: nobody's key, workspace `default`. */
  as?: Credentials
}

/** Which session to make, and how its daemon knows the server. */
export interface PairingLinkRequest extends SessionRequest {
  /** Where the daemon finds the API. Default `http://localhost/api`. */
  apiUrl?: string
}

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
  const {
    status = 'open',
    type = 'endpoint',
    name = DEFAULT_NAME,
    ttlSeconds = constants.session_ttl_seconds,
    as,
  } = request
  const call = stage.callAs(as)
  const projectId = request.projectId ?? request.project_id ?? (await defaultProject(call))
  const activationKey =
    request.activationKey ?? Uint8Array.from({ length: ACTIVATION_KEY_BYTES }, () => stage.random.below(256))
  const created = await expectSuccess(call)('createPairingSession', {
    body: {
      ...sharedPart('CreateSessionRequest', request),
      ...{ project_id: projectId, activation_key: toBase64(activationKey), type, ttl_seconds: ttlSeconds },
    },
  })
  const id = created.createdId
  const activation = { runner_name: name, hmac: await signActivation(activationKey, id, name) }
  if (status === 'activated') {
    await expectSuccess(call)('activatePairingSession', { path: { sessionId: id }, body: activation })
  }
  const runnerId = stage.world().sessions.get(id)?.runnerId ?? ''
  if (status === 'expired') {
    stage.world().sessions.expireNow(id)
    stage.journal.turn()
  }
  const fragment = encodePairingFragment({ sessionId: id, activationKey, projectId, runnerName: name, type })
  return { id, runnerId, projectId, activationKey, activation, fragment }
}

/** Makes the session, and its link as a daemon prints it. */
export async function createPairingLink(stage: GivenContext, request: PairingLinkRequest): Promise<string> {
  const { apiUrl = 'http://localhost/api', ...asked } = request
  const { type = 'endpoint', name = DEFAULT_NAME, as: { workspace = DEFAULT_WORKSPACE } = {} } = asked
  const session = await createSession(stage, asked)
  return linkOf({ ...session, type, workspace }, stage.world(), apiUrl, name)
}
