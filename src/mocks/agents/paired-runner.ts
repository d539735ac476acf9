/** What the process of a runner knows of itself. */
import type { RunnerType } from '../../kernel/types.js'
import type { Credentials } from './call-api.js'

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
