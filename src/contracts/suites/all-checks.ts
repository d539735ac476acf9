/** Every check of the suites, in the order in which reports list their areas. Each area is one line here. */
import type { Check } from '../check/check.js'
import { quirkChecks } from './wire/quirk-checks.js'
import { bridgeChecks } from './bridge/bridge-checks.js'
import { carriedChecks, schemaChecks } from './wire/schema-checks.js'
import { configurationChecks, promptChecks } from './neighbours/configuration-checks.js'
import { raceChecks } from './limits/race-checks.js'
import { ingestionChecks } from './neighbours/ingestion-checks.js'
import { isolationChecks, isolationStoryChecks } from './isolation/isolation-checks.js'
import { jobChecks } from './core/job-checks.js'
import { lifecycleChecks } from './core/lifecycle-checks.js'
import { limitQueueChecks } from './limits/queue-checks.js'
import { limitRateChecks } from './limits/rate-checks.js'
import { longPollChecks } from './time/long-poll-checks.js'
import { modelChecks } from './core/model-checks.js'
import { negativeChecks } from './wire/negative-checks.js'
import { orderingChecks } from './limits/ordering-checks.js'
import { pagingChecks } from './wire/paging-checks.js'
import { pairingChecks } from './core/pairing-checks.js'
import { computedChecks } from './neighbours/computed-checks.js'
import { projectChecks } from './neighbours/project-checks.js'
import { runnerChecks } from './core/runner-checks.js'
import { tracingChecks } from './neighbours/tracing-checks.js'
import { timeCommandChecks } from './time/command-time-checks.js'
import { timeJobChecks } from './time/job-time-checks.js'
import { timeRunnerChecks } from './time/runner-time-checks.js'
import { timeSessionChecks } from './time/session-time-checks.js'
import { waitingReaderChecks } from './time/waiting-reader-checks.js'
import { wireOddChecks } from './wire/unusual-http-checks.js'
import { wireChecks } from './wire/wire-checks.js'

/** Every check, by area. */
export const checks: readonly Check[] = [
  ...wireChecks,
  ...wireOddChecks,
  ...schemaChecks,
  ...carriedChecks,
  ...pairingChecks,
  ...runnerChecks,
  ...jobChecks,
  ...bridgeChecks,
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
  ...raceChecks,
  ...projectChecks,
  ...ingestionChecks,
  ...computedChecks,
  ...tracingChecks,
  ...configurationChecks,
  ...promptChecks,
  ...lifecycleChecks,
  ...negativeChecks,
  ...quirkChecks,
  ...modelChecks,
]
