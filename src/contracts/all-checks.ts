/** Every check of the suites, in the order in which reports list their areas. Each area is one line here. */
import type { Check } from './check.js'
import { accidentChecks } from './checks/accidents.js'
import { agentChecks } from './checks/agents.js'
import { bridgeReportChecks } from './checks/bridge-reports.js'
import { bridgeChecks } from './checks/bridge.js'
import { carriedChecks } from './checks/carried.js'
import { checklistChecks } from './checks/checklist.js'
import { handOutChecks } from './checks/concurrency-hand-out.js'
import { rivalChecks } from './checks/concurrency-rivals.js'
import { storeRaceChecks } from './checks/concurrency-stores.js'
import { heartbeatChecks } from './checks/heartbeat.js'
import { ingestionChecks } from './checks/ingestion.js'
import { isolationStoryChecks } from './checks/isolation-stories.js'
import { isolationChecks } from './checks/isolation.js'
import { jobLogChecks } from './checks/job-logs.js'
import { jobReportChecks } from './checks/job-reports.js'
import { jobChecks } from './checks/job.js'
import { lifecycleChecks } from './checks/lifecycle.js'
import { limitQueueChecks } from './checks/limits-queues.js'
import { limitRateChecks } from './checks/limits-rates.js'
import { longPollChecks } from './checks/long-poll.js'
import { modelChecks } from './checks/model.js'
import { negativeBodyChecks } from './checks/negative-bodies.js'
import { negativeFormChecks } from './checks/negative-forms.js'
import { negativeMediaChecks } from './checks/negative-media.js'
import { negativeRequestChecks } from './checks/negative-requests.js'
import { orderingChecks } from './checks/ordering.js'
import { pagingChecks } from './checks/paging.js'
import { pairingCryptoChecks } from './checks/pairing-crypto.js'
import { pairingChecks } from './checks/pairing.js'
import { projectChecks } from './checks/projects.js'
import { runnerChecks } from './checks/runner.js'
import { schemaChecks } from './checks/schema.js'
import { slotChecks } from './checks/slots.js'
import { systemChecks } from './checks/system.js'
import { timeCommandChecks } from './checks/time-command.js'
import { timeJobChecks } from './checks/time-job.js'
import { timeRunnerChecks } from './checks/time-runner.js'
import { timeSessionChecks } from './checks/time-session.js'
import { waitingReaderChecks } from './checks/waiting-readers.js'
import { wireOddChecks } from './checks/wire-odd.js'
import { wireChecks } from './checks/wire.js'

/** Every check, by area. */
export const checks: readonly Check[] = [
  ...systemChecks,
  ...wireChecks,
  ...wireOddChecks,
  ...schemaChecks,
  ...carriedChecks,
  ...pairingChecks,
  ...pairingCryptoChecks,
  ...slotChecks,
  ...runnerChecks,
  ...heartbeatChecks,
  ...agentChecks,
  ...checklistChecks,
  ...jobChecks,
  ...jobReportChecks,
  ...jobLogChecks,
  ...bridgeChecks,
  ...bridgeReportChecks,
  ...orderingChecks,
  ...pagingChecks,
  ...longPollChecks,
  ...waitingReaderChecks,
  ...timeRunnerChecks,
  ...timeSessionChecks,
  ...timeJobChecks,
  ...timeCommandChecks,
  ...isolationChecks,
  ...isolationStoryChecks,
  ...limitQueueChecks,
  ...limitRateChecks,
  ...handOutChecks,
  ...rivalChecks,
  ...storeRaceChecks,
  ...projectChecks,
  ...ingestionChecks,
  ...lifecycleChecks,
  ...negativeBodyChecks,
  ...negativeRequestChecks,
  ...negativeMediaChecks,
  ...negativeFormChecks,
  ...accidentChecks,
  ...modelChecks,
]
