/** Pairs a simulated runner the way a daemon and the web app do it: session, proof, activation. */
import { ACTIVATION_KEY_BYTES, deriveBridgeKey, signActivation, toBase64 } from '../../kernel/pairing.js'
import type { Random } from '../../kernel/id-source.js'
import type { ActivateRequest, CreateSessionRequest, RunnerType } from '../../kernel/types.js'
import { unexpected, type Call, type Credentials } from './api-call.js'

/** A runner that was paired, with the secrets that only its own process knows. */
export interface PairedRunner {
  id: string
  sessionId: string
  projectId: string
  type: RunnerType
  name: string
  /** Empty where it is not known any more. */
  activationKey: Uint8Array
  /** Signs bridge commands and results. Empty where it is not known any more. */
  bridgeKey: Uint8Array
  /** Whom it speaks for. Default: nobody's key, workspace `default`. */
  as?: Credentials
}

/** What to pair. */
export interface PairRequest {
  projectId: string
  type: RunnerType
  name: string
  /** Where the activation key's bytes come from. */
  random: Random
  /** Further fields of the two requests. Default: none. */
  fields?: Partial<CreateSessionRequest>
  activation?: Partial<ActivateRequest>
}

/**
 * Pairs a runner.
 * @throws Error when the API refuses one of the two calls.
 */
export async function pairRunner(call: Call, request: PairRequest): Promise<PairedRunner> {
  const activationKey = randomBytes(request.random)
  const session = await call('createPairingSession', {
    body: {
      ...request.fields,
      project_id: request.projectId,
      activation_key: toBase64(activationKey),
      type: request.type,
    },
  })
  const sessionId = session.createdId
  if (session.status !== 201) throw unexpected('createPairingSession', session)
  const hmac = await signActivation(activationKey, sessionId, request.name)
  const activation = await call('activatePairingSession', {
    path: { sessionId },
    body: { ...request.activation, runner_name: request.name, hmac },
  })
  if (activation.status !== 201) throw unexpected('activatePairingSession', activation)
  const { projectId, type, name } = request
  const bridgeKey = await deriveBridgeKey(activationKey, sessionId)
  return { id: activation.createdId, sessionId, projectId, type, name, activationKey, bridgeKey }
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: ACTIVATION_KEY_BYTES }, () => random.below(256))
}
