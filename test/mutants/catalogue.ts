// Every mutant: those written by hand, by area, and the families that are generated from the spec's tables.
import { quirkMutants } from './areas/quirks.js'
import { agentMutants } from './areas/agents.js'
import { bridgeReportMutants } from './areas/bridge-reports.js'
import { bridgeMutants } from './areas/bridge.js'
import { checklistMutants } from './areas/checklist.js'
import { heartbeatMutants } from './areas/heartbeat.js'
import { computedMutants } from './areas/computed.js'
import { tracingMutants } from './areas/tracing.js'
import { ingestionMutants } from './areas/ingestion.js'
import { isolationMutants } from './areas/isolation.js'
import { jobLogMutants } from './areas/job-logs.js'
import { jobReportMutants } from './areas/job-reports.js'
import { jobMutants } from './areas/job.js'
import { lifecycleMutants } from './areas/lifecycle.js'
import { longPollMutants } from './areas/long-poll.js'
import { modelMutants } from './areas/model.js'
import { orderingMutants } from './areas/ordering.js'
import { pagingMutants } from './areas/paging.js'
import { pairingCryptoMutants } from './areas/pairing-crypto.js'
import { pairingMutants } from './areas/pairing.js'
import { configurationMutants } from './areas/configurations.js'
import { projectMutants } from './areas/projects.js'
import { runnerMutants } from './areas/runner.js'
import { schemaMutants } from './areas/schema.js'
import { slotMutants } from './areas/slots.js'
import { systemMutants } from './areas/system.js'
import { waitingReaderMutants } from './areas/waiting-readers.js'
import { wireMutants } from './areas/wire.js'
import { timeMutants } from './areas/time.js'
import { limitMutants } from './areas/limits.js'
import { concurrencyMutants } from './areas/concurrency.js'
import { negativeInputMutants } from './areas/negative-input.js'
import { answerMutants } from './families/answers.js'
import { brokenBodyMutants } from './families/broken-bodies.js'
import { brokenRequestMutants } from './families/broken-requests.js'
import { effectMutants } from './families/effects.js'
import { fieldMutants } from './families/fields.js'
import { forgeryMutants } from './families/forgeries.js'
import { identityMutants } from './families/identity.js'
import { lifecycleFamilyMutants } from './families/lifecycle.js'
import { settingMutants } from './families/settings.js'
import type { Mutant } from './mutant.js'

export const handWritten: readonly Mutant[] = [
  ...negativeInputMutants,
  ...concurrencyMutants,
  ...limitMutants,
  ...timeMutants,
  ...agentMutants,
  ...bridgeReportMutants,
  ...bridgeMutants,
  ...checklistMutants,
  ...heartbeatMutants,
  ...ingestionMutants,
  ...computedMutants,
  ...tracingMutants,
  ...isolationMutants,
  ...jobLogMutants,
  ...jobReportMutants,
  ...jobMutants,
  ...lifecycleMutants,
  ...longPollMutants,
  ...modelMutants,
  ...orderingMutants,
  ...pagingMutants,
  ...pairingCryptoMutants,
  ...pairingMutants,
  ...projectMutants,
  ...configurationMutants,
  ...runnerMutants,
  ...schemaMutants,
  ...slotMutants,
  ...systemMutants,
  ...quirkMutants,
  ...waitingReaderMutants,
  ...wireMutants,
]

export const generated: readonly Mutant[] = [
  ...answerMutants,
  ...brokenBodyMutants,
  ...brokenRequestMutants,
  ...forgeryMutants,
  ...identityMutants,
  ...lifecycleFamilyMutants,
  ...fieldMutants,
  ...settingMutants,
  ...effectMutants,
]

export const mutants: readonly Mutant[] = [...handWritten, ...generated]
