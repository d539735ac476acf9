// One server for each quirk of today's servers, which has it and no other: the mock with one of its own quirks in
// it, or with a layer before it where the mock has none. Fair where quirks are accepted, a mutant where they are not.
import { quirks as played } from '../../../src/mocks/quirks/choose-profile.js'
import type { Deviations } from '../../../src/mocks/engine/deviations.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import type { QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import { putBefore, type Layer } from '../../mutants/broken-mock.js'
import { races } from './races.js'

/** A server with one quirk. */
export interface QuirkVariant {
  /** Patterns of the checks that see it. */
  readonly checks: readonly string[]
  /** Patterns of others near by, which must not blame it. */
  readonly beside?: readonly string[]
  /** What makes the quirk happen. Default: the mock has it itself. */
  readonly layer?: Layer
  /** Settings under which the mock runs. Default: none. */
  readonly settings?: Partial<Settings>
}

/** Every quirk. */
export const quirkVariants: Readonly<Record<QuirkId, QuirkVariant>> = {
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
  'reported-command-in-queue': { checks: ['quirks/reported-command-is-over', 'model/commands'] },
  'gone-runner-poll-waits': { checks: ['long-poll/disconnect-ends-*'] },
  'fractions-through-double': { checks: ['quirks/fraction-keeps-digits'] },
  'stale-wait': {
    checks: ['time/timeout-wakes-reader', 'quirks/wait-tells-the-state-now'],
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
    checks: ['negative-input/reportJobResult.status.*', 'quirks/status-filter-letter-case'],
    beside: ['negative-input/reportJobResult*', 'negative-input/listRunners*', 'job-reports/*', 'runner/*'],
  },
  'hung-up-poller-swallows': {
    checks: ['long-poll/*hung-up-*'],
    beside: ['long-poll/*', 'model/jobs', 'model/commands', 'model/concurrent-*'],
  },
  'oversized-page-500': { checks: ['quirks/page-past-32-bits'] },
  'null-agent-500': { checks: ['quirks/null-agent'] },
  'broken-gzip-500': { checks: ['negative-input/createJob.body.broken-gzip'] },
  'scalar-coercion': { checks: ['quirks/*scalar*'] },
  'unknown-encoding-ignored': { checks: ['negative-input/createJob.body.unknown-encoding'] },
  'span-delete-501': { checks: ['quirks/delete-span'] },
  'redirect-500': { checks: ['quirks/redirect-path'] },
  'mask-as-environment': { checks: ['quirks/mask-as-environment'] },
  'search-refusals-as-stream': { checks: ['quirks/search-refusal-media'] },
  'score-averages-mixed': { checks: ['quirks/score-of-zero'] },
  'thread-ids-folded': { checks: ['quirks/threads-in-capitals'] },
  'deleted-trace-leaves-spans': { checks: ['quirks/spans-go-with-trace'] },
  'total-counts-traces-without-spans': { checks: ['quirks/total-of-a-filter'] },
  'neighbour-request-500': { checks: ['quirks/name-over-limit'] },
  'redirect-any-workspace': { checks: ['quirks/redirect-workspace'] },
  'negative-timeout-wraps': { checks: ['quirks/negative-timeout'] },
  'taken-version-id-replaced': { checks: ['quirks/taken-version-id'] },
  'null-description-text': { checks: ['quirks/no-change-description'] },
  'lenient-bodies': { checks: ['quirks/unknown-structure'] },
  ...races,
}

/** A mock that has one quirk, for a server. */
export function createQuirkMock(id: QuirkId): RunnerMock {
  const { layer, settings = {} } = quirkVariants[id]
  const mock = createRunnerMock({ scenario: 'empty', settings })
  if (layer !== undefined) return putBefore(mock, [layer])
  deviate(mock, id)
  return mock
}

/** Gives a mock one quirk of those that make up its profile. */
function deviate(mock: RunnerMock, id: QuirkId): void {
  const make = Object.entries(played).find(([name]) => name === id)?.[1]
  if (make === undefined) throw new Error(`The mock has no quirk ${id}.`)
  // What the profile of a mock does otherwise is always the same object.
  const deviations = Reflect.get(mock, 'deviations') as Deviations
  Object.assign(deviations, make())
}
