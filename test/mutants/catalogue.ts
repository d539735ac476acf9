// Every mutant: those written by hand, by area, and the families that are generated from the spec's tables.
import { agentMutants, checklistMutants } from './areas/agents.js'
import { bridgeMutants, waitingReaderMutants } from './areas/bridge.js'
import { concurrencyMutants, modelMutants } from './areas/concurrency.js'
import { jobMutants, orderingMutants, pagingMutants } from './areas/jobs.js'
import { configurationMutants, ingestionMutants, projectMutants } from './areas/neighbours.js'
import { pairingCryptoMutants, pairingMutants } from './areas/pairing.js'
import { heartbeatMutants, isolationMutants, runnerMutants, slotMutants } from './areas/runners.js'
import { limitMutants, longPollMutants, timeMutants } from './areas/time.js'
import { negativeInputMutants, quirkMutants, schemaMutants, systemMutants, wireMutants } from './areas/wire.js'
import { answerMutants } from './families/answers.js'
import { brokenBodyMutants, brokenRequestMutants } from './families/broken-requests.js'
import { forgeryMutants, identityMutants, effectMutants, settingMutants } from './families/effects.js'
import { fieldMutants } from './families/fields.js'
import { lifecycleFamilyMutants } from './families/lifecycle.js'
import type { Mutant } from './mutant.js'

export const handWritten: readonly Mutant[] = [
  ...[...negativeInputMutants, ...concurrencyMutants, ...limitMutants, ...timeMutants, ...agentMutants],
  ...[...bridgeMutants, ...checklistMutants, ...heartbeatMutants, ...ingestionMutants, ...isolationMutants],
  ...[...jobMutants, ...longPollMutants, ...modelMutants, ...orderingMutants, ...pagingMutants],
  ...[...pairingCryptoMutants, ...pairingMutants, ...projectMutants, ...configurationMutants, ...runnerMutants],
  ...[...schemaMutants, ...slotMutants, ...systemMutants, ...quirkMutants, ...waitingReaderMutants, ...wireMutants],
]

export const generated: readonly Mutant[] = [
  ...[...answerMutants, ...brokenBodyMutants, ...brokenRequestMutants, ...forgeryMutants, ...identityMutants],
  ...[...lifecycleFamilyMutants, ...fieldMutants, ...settingMutants, ...effectMutants],
]

export const mutants: readonly Mutant[] = [...handWritten, ...generated]
