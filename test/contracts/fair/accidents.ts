// One server for each accident of today's servers, which has it and no other: the mock with one of its own accidents in
// it, or with a layer before it where the mock has none. Fair where accidents are accepted, a mutant where they are not.
import { accidents as played } from '../../../src/mocks/accidents/choose-profile.js'
import type { Deviations } from '../../../src/mocks/engine/deviations.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import type { AccidentId } from '../../../src/contracts/check/seen-accidents.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import { putBefore, type Layer } from '../../mutants/broken-mock.js'
import { races } from './races.js'

/** A server with one accident. */
export interface AccidentVariant {
  /** Patterns of the checks that see it. */
  readonly checks: readonly string[]
  /** Patterns of others near by, which must not blame it. */
  readonly beside?: readonly string[]
  /** What makes the accident happen. Default: the mock has it itself. */
  readonly layer?: Layer
  /** Settings under which the mock runs. Default: none. */
  readonly settings?: Partial<Settings>
}

/** Every accident. */
export const accidentVariants: Readonly<Record<AccidentId, AccidentVariant>> = {
  'activation-revives': {
    checks: ['pairing/second-activation', 'pairing/session-not-reusable'],
    beside: ['pairing/*', 'pairing-crypto/*', 'slots/*', 'lifecycle/pairingSession*', 'concurrency/one-*', 'model/*'],
  },
  'refused-heartbeat-renews': {
    checks: ['heartbeat/refused-does-not-revive'],
    beside: ['heartbeat/*', 'lifecycle/*heartbeat*', 'time/*heartbeat*', 'time/lapse*', 'model/runners'],
  },
  'reported-pending-handed-out': { checks: ['job-reports/ended-while-pending'] },
  'total-counts-expired': {
    checks: ['time/expired-job-not-listed'],
    beside: ['paging/*', 'time/*-job-expires', 'runner/*', 'model/time'],
  },
  'cancelled-running-never-expires': {
    checks: ['time/cancelled-job-expires'],
    beside: ['time/*-job-*', 'job-reports/*', 'job-logs/*', 'model/time'],
  },
  'refused-payload-counts': {
    checks: ['limits/refused-do-not-count'],
    beside: ['limits/*', 'lifecycle/*oversized*', 'lifecycle/*exceeded*', 'model/commands'],
  },
  'payload-in-characters': {
    checks: ['limits/size-unit'],
    beside: ['limits/*large*', 'limits/oversized*', 'limits/queue-before-payload', 'lifecycle/*oversized*'],
  },
  'expired-command-ends-poll': {
    checks: ['time/expired-command-not-handed-out'],
    beside: ['time/*command*', 'long-poll/*command*', 'model/time', 'limits/pending-commands*'],
  },
  'reported-command-in-queue': { checks: ['accidents/reported-command-is-over', 'model/commands'] },
  'gone-runner-poll-waits': { checks: ['long-poll/disconnect-ends-*'] },
  'fractions-through-double': { checks: ['accidents/fraction-keeps-digits'] },
  'stale-wait': {
    checks: ['time/timeout-wakes-reader', 'accidents/wait-tells-the-state-now'],
    beside: ['waiting-readers/*', 'time/*command*', 'model/commands', 'model/time', 'lifecycle/*getBridgeCommand*'],
  },
  'one-waiter-wakes': {
    checks: ['waiting-readers/several'],
    beside: ['time/timeout-wakes-reader', 'model/commands', 'model/concurrent-commands'],
  },
  'second-death-purges': {
    checks: ['time/purge-counts-from-last-death'],
    beside: [
      'time/*runner*',
      'time/purge*',
      'time/*-job-expires',
      'time/expired*',
      'time/lapsed-returns',
      'model/time',
    ],
  },
  'endpoint-commands-unreaped': {
    checks: ['time/endpoint-command-times-out'],
    beside: ['time/*command*', 'bridge/*', 'model/time'],
  },
  'status-any-case': {
    checks: ['negative-input/reportJobResult.status.*', 'accidents/status-filter-letter-case'],
    beside: ['negative-input/reportJobResult*', 'negative-input/listRunners*', 'job-reports/*', 'runner/*'],
  },
  'hung-up-poller-swallows': {
    checks: ['long-poll/*hung-up-*'],
    beside: ['long-poll/*', 'model/jobs', 'model/commands', 'model/concurrent-*'],
  },
  'oversized-page-500': { checks: ['accidents/page-past-32-bits'] },
  'null-agent-500': { checks: ['accidents/null-agent'] },
  'broken-gzip-500': { checks: ['negative-input/createJob.body.broken-gzip'] },
  'scalar-coercion': { checks: ['accidents/*scalar*'] },
  'unknown-encoding-ignored': { checks: ['negative-input/createJob.body.unknown-encoding'] },
  'span-delete-501': { checks: ['accidents/delete-span'] },
  'redirect-500': { checks: ['accidents/redirect-path'] },
  'mask-as-environment': { checks: ['accidents/mask-as-environment'] },
  'search-refusals-as-stream': { checks: ['accidents/search-refusal-media'] },
  'score-averages-mixed': { checks: ['accidents/score-of-zero'] },
  'thread-ids-folded': { checks: ['accidents/threads-in-capitals'] },
  'deleted-trace-leaves-spans': { checks: ['accidents/spans-go-with-trace'] },
  'total-counts-traces-without-spans': { checks: ['accidents/total-of-a-filter'] },
  'neighbour-request-500': { checks: ['accidents/name-over-limit'] },
  'redirect-any-workspace': { checks: ['accidents/redirect-workspace'] },
  'negative-timeout-wraps': { checks: ['accidents/negative-timeout'] },
  'taken-version-id-replaced': { checks: ['accidents/taken-version-id'] },
  'null-description-text': { checks: ['accidents/no-change-description'] },
  'lenient-bodies': { checks: ['accidents/unknown-structure'] },
  ...races,
}

/** A mock that has one accident, for a server. */
export function createAccidentMock(id: AccidentId): RunnerMock {
  const { layer, settings = {} } = accidentVariants[id]
  const mock = createRunnerMock({ scenario: 'empty', settings })
  if (layer !== undefined) return putBefore(mock, [layer])
  deviate(mock, id)
  return mock
}

/** Gives a mock one accident of those that make up its profile. */
function deviate(mock: RunnerMock, id: AccidentId): void {
  const make = Object.entries(played).find(([name]) => name === id)?.[1]
  if (make === undefined) throw new Error(`The mock has no accident ${id}.`)
  // What the profile of a mock does otherwise is always the same object.
  const { deviations } = Reflect.get(mock, 'profiles') as { deviations: Deviations }
  Object.assign(deviations, make())
}
