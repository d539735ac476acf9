/** Every check of the suites, in the order in which reports list their areas. Each area is one line here. */
import type { Check } from './check.js'
import { lifecycleChecks } from './checks/lifecycle.js'
import { negativeBodyChecks } from './checks/negative-bodies.js'
import { negativeRequestChecks } from './checks/negative-requests.js'
import { pairingCryptoChecks } from './checks/pairing-crypto.js'
import { pairingChecks } from './checks/pairing.js'
import { slotChecks } from './checks/slots.js'
import { systemChecks } from './checks/system.js'

/** Every check, by area. */
export const checks: readonly Check[] = [
  ...systemChecks,
  ...pairingChecks,
  ...pairingCryptoChecks,
  ...slotChecks,
  ...lifecycleChecks,
  ...negativeBodyChecks,
  ...negativeRequestChecks,
]
