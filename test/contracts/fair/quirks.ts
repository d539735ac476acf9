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
  /** Patterns of the checks that see it. That no other blames it is for a trial of `npm run test:verify`. */
  readonly checks: readonly string[]
  /** What makes the quirk happen. Default: the mock has it itself. */
  readonly layer?: Layer
  /** Settings under which the mock runs. Default: none. */
  readonly settings?: Partial<Settings>
}

/** Patterns of the checks that see the quirks which the mock has itself. */
const seenBy: Readonly<Record<Exclude<QuirkId, `races/${string}`>, string>> = {
  'activation-revives': 'pairing/second-activation pairing/session-not-reusable',
  'refused-heartbeat-renews': 'heartbeat/refused-does-not-revive',
  'reported-pending-handed-out': 'job-reports/ended-while-pending',
  'total-counts-expired': 'time/expired-job-not-listed',
  'cancelled-running-never-expires': 'time/cancelled-job-expires',
  'refused-payload-counts': 'limits/refused-do-not-count',
  'payload-in-characters': 'limits/size-unit',
  'expired-command-ends-poll': 'time/expired-command-not-handed-out',
  'reported-command-in-queue': 'quirks/reported-command-is-over model/commands',
  'gone-runner-poll-waits': 'long-poll/disconnect-ends-*',
  'fractions-through-double': 'quirks/fraction-keeps-digits',
  'stale-wait': 'time/timeout-wakes-reader quirks/wait-tells-the-state-now',
  'one-waiter-wakes': 'waiting-readers/several',
  'second-death-purges': 'time/purge-counts-from-last-death',
  'endpoint-commands-unreaped': 'time/endpoint-command-times-out',
  'status-any-case': 'negative-input/reportJobResult.status.* quirks/status-filter-letter-case',
  'hung-up-poller-swallows': 'long-poll/*hung-up-*',
  'oversized-page-500': 'quirks/page-past-32-bits',
  'null-agent-500': 'quirks/null-agent',
  'broken-gzip-500': 'negative-input/createJob.body.broken-gzip',
  'scalar-coercion': 'quirks/*scalar*',
  'unknown-encoding-ignored': 'negative-input/createJob.body.unknown-encoding',
  'span-delete-501': 'quirks/delete-span',
  'redirect-500': 'quirks/redirect-path',
  'mask-as-environment': 'quirks/mask-as-environment',
  'search-refusals-as-stream': 'quirks/search-refusal-media',
  'score-averages-mixed': 'quirks/score-of-zero',
  'thread-ids-folded': 'quirks/threads-in-capitals',
  'deleted-trace-leaves-spans': 'quirks/spans-go-with-trace',
  'total-counts-traces-without-spans': 'quirks/total-of-a-filter',
  'neighbour-request-500': 'quirks/name-over-limit',
  'redirect-any-workspace': 'quirks/redirect-workspace',
  'negative-timeout-wraps': 'quirks/negative-timeout',
  'taken-version-id-replaced': 'quirks/taken-version-id',
  'null-description-text': 'quirks/no-change-description',
  'lenient-bodies': 'quirks/unknown-structure',
}

/** Every quirk. */
export const quirkVariants = {
  ...(Object.fromEntries(
    Object.entries(seenBy).map(([id, checks]) => [id, { checks: checks.split(' ') }]),
  ) as unknown as Readonly<Record<keyof typeof seenBy, QuirkVariant>>),
  ...races,
} satisfies Readonly<Record<QuirkId, QuirkVariant>>

/** A mock that has one quirk, for a server. */
export function createQuirkMock(id: QuirkId): RunnerMock {
  const { layer, settings = {} }: QuirkVariant = quirkVariants[id]
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
  Object.assign(deviations, { quirks: new Set([id]) }, make())
}
