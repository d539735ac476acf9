/** Pairs a simulated runner the way a daemon and the web app do it: session, proof, activation. */
import { ACTIVATION_KEY_BYTES, deriveBridgeKey, signActivation, toBase64 } from '../../kernel/pairing.js'
import type { Random } from '../../kernel/id-source.js'
import type { ActivateRequest, CreateSessionRequest, RunnerType } from '../../kernel/types.js'
import { expectSuccess, type AgentCall, type Credentials } from './call-api.js'

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
  /** The credentials that it uses. Default: no key, workspace `default`. */
  as?: Credentials
}

export interface PairRequest {
  projectId: string
  type: RunnerType
  name: string
  random: Random
  fields?: Partial<CreateSessionRequest>
  activation?: Partial<ActivateRequest>
}

/** @throws Error when the API refuses one of the two calls. */
export async function pairRunner(call: AgentCall, request: PairRequest): Promise<PairedRunner> {
  const { projectId, type, name, random, fields, activation } = request
  const ask = expectSuccess(call)
  const activationKey = Uint8Array.from({ length: ACTIVATION_KEY_BYTES }, () => random.below(256))
  const { createdId: sessionId } = await ask('createPairingSession', {
    body: { ...fields, project_id: projectId, activation_key: toBase64(activationKey), type },
  })
  const hmac = await signActivation(activationKey, sessionId, name)
  const { createdId: id } = await ask('activatePairingSession', {
    ...{ path: { sessionId }, body: { ...activation, runner_name: name, hmac } },
  })
  const bridgeKey = await deriveBridgeKey(activationKey, sessionId)
  return { id, sessionId, projectId, type, name, activationKey, bridgeKey }
}
