/** Every check of the suites, in the order in which reports list their areas. Each area is one line here. */
import type { Check } from '../check/check.js'
import { quirkChecks } from './wire/quirk-checks.js'
import { bridgeChecks } from './bridge/bridge-checks.js'
import { schemaChecks } from './wire/schema-checks.js'
import { raceChecks } from './limits/race-checks.js'
import { ingestionChecks } from './neighbours/ingestion-checks.js'
import { limitChecks } from './limits/limit-checks.js'
import { waitingChecks } from './time/waiting-checks.js'
import { timeWorkChecks } from './time/work-time-checks.js'
import { isolationChecks } from './isolation/isolation-checks.js'
import { jobChecks } from './core/job-checks.js'
import { lifecycleChecks } from './core/lifecycle-checks.js'
import { modelChecks } from './core/model-checks.js'
import { negativeChecks } from './wire/negative-checks.js'
import { orderingChecks } from './limits/ordering-checks.js'
import { pairingChecks } from './core/pairing-checks.js'
import { configurationChecks, projectChecks } from './neighbours/project-checks.js'
import { runnerChecks } from './core/runner-checks.js'
import { tracingChecks } from './neighbours/tracing-checks.js'
import { timeRunnerChecks } from './time/runner-time-checks.js'
import { wireChecks } from './wire/wire-checks.js'

/** Every check, by area. */
export const checks: readonly Check[] = [
  ...wireChecks,
  ...schemaChecks,
  ...pairingChecks,
  ...runnerChecks,
  ...jobChecks,
  ...bridgeChecks,
  ...orderingChecks,
  ...waitingChecks,
  ...timeRunnerChecks,
  ...timeWorkChecks,
  ...isolationChecks,
  ...limitChecks,
  ...raceChecks,
  ...projectChecks,
  ...ingestionChecks,
  ...tracingChecks,
  ...configurationChecks,
  ...lifecycleChecks,
  ...negativeChecks,
  ...quirkChecks,
  ...modelChecks,
]
