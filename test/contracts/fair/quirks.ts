// One server for each quirk of today's servers, which has it and no other: the mock with one of its own quirks in
// it, or with a layer before it where the mock has none. Fair where quirks are accepted, a mutant where they are not.
import { actingQuirks } from '../../../src/mocks/quirks/choose-profile.js'
import type { Deviations } from '../../../src/mocks/engine/deviations.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import type { QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import { putBefore, type Layer } from '../../mutants/broken-mock.js'
import { concurrencyMutants, keepsOfLate } from '../../mutants/areas/concurrency.js'
import type { Call } from '../../mutants/call.js'
import { runnerIdOf, overlapping } from '../../mutants/polls.js'
import {
  answer,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  withBody,
  without,
  type Members,
} from '../../mutants/reply.js'
import type { Spoil } from '../../mutants/mutant.js'
import { showsInstead } from '../../mutants/spoils.js'
import type { Stage } from '../../mutants/stage.js'

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

/** A race, in the shape that is declared and in another one. */
export interface Race {
  /** Patterns of the checks that see it. */
  readonly checks: readonly string[]
  readonly layer: Layer
  readonly undeclared: Layer
  readonly settings?: Partial<Settings>
}

type RaceId = Extract<QuirkId, `races/${string}`>

function layerOf(...ids: readonly string[]): Layer {
  const mutants = concurrencyMutants.filter(({ id }) => ids.includes(id))
  if (mutants.length !== ids.length) throw new Error(`There is no mutant ${ids.join(' or ')}.`)
  const spoil: Spoil = (stage) => {
    const spoilers = mutants.map((mutant) => [mutant.touches, mutant.spoil?.(stage)] as const)
    return (call) => {
      const [, spoiler] =
        spoilers.find(([touches]) => touches === 'all' || (call.operation && touches.has(call.operation))) ?? []
      return spoiler?.(call) ?? call.proceed()
    }
  }
  return { touches: 'all', spoil }
}

function layer(touches: readonly NonNullable<Call['operation']>[], spoil: Spoil): Layer {
  return { touches: new Set(touches), spoil }
}

/** Lets a spoiler know how many calls of the same resource have overlapped this one. */
function overlapped(
  keyOf: (call: Call, stage: Stage) => string,
  act: (call: Call, place: number, stage: Stage, count: number) => ReturnType<Call['proceed']>,
): Spoil {
  return overlapping(
    keyOf,
    () => ({ count: 0 }),
    async (call, shared, stage) => {
      const place = shared.count++
      await stage.overlap()
      return act(call, place, stage, shared.count)
    },
  )
}

/** A job that is cancelled while it is polled for is handed out all the same, unannounced, and then shows `fields`. */
function handedOutAs(fields: Members): Spoil {
  return (mock) => {
    const handedOut = new Set<string>()
    return showsInstead(async (call, keep, stage) => {
      const [first] = stage.jobsOf(runnerIdOf(call), 'pending')
      if (first === undefined || handedOut.has(first.id)) return call.proceed()
      await stage.overlap()
      if (handedOut.has(first.id) || stage.stateOf('job', first.id) !== 'cancelled') return call.proceed()
      // To one poll, however many overlap.
      handedOut.add(first.id)
      const { body } = await call.ask('getJob', { path: { jobId: first.id } })
      const job = membersOf(body)
      // Another poll had it before it was cancelled.
      if (job['started_at'] !== undefined) return call.proceed()
      keep(fields, first.id)
      return answer(200, { ...without(job, 'completed_at'), status: 'running' })
    })(mock)
  }
}

/** Every race. */
export const races: Readonly<Record<RaceId, Race>> = {
  'races/slots': {
    checks: ['concurrency/one-runner-per-slot'],
    layer: layerOf('concurrency/slot-taken-by-several'),
    // They put each other out: none is left.
    undeclared: layer(
      ['activatePairingSession'],
      overlapped(
        (call, stage) => stage.sessions.get(call.path['sessionId'] ?? '')?.projectId ?? '',
        async (call, _place, stage, count) => {
          const reply = await call.proceed()
          const runnerId = stage.sessions.get(call.path['sessionId'] ?? '')?.runnerId ?? ''
          if (count > 1) await call.ask('disconnectRunner', { path: { runnerId } })
          return reply
        },
      ),
    ),
  },
  'races/cancel-or-report': {
    checks: ['concurrency/cancel-or-report', 'concurrency/job-report-is-whole', 'model/concurrent-jobs'],
    layer: layerOf('concurrency/cancel-keeps-late-result'),
    undeclared: layer(
      ['reportJobResult', 'getJob'],
      keepsOfLate(() => ({ result: 'of neither' })),
    ),
  },
  'races/announced-twice': {
    checks: ['concurrency/announced-once', 'model/concurrent-jobs'],
    layer: layerOf('concurrency/announced-by-several'),
    // What is no job of the runner is announced.
    undeclared: layer(
      ['heartbeat'],
      overlapped(runnerIdOf, async (call, place) => {
        const reply = await call.proceed()
        const ids = itemsOf(membersIn(reply)['cancelled_job_ids'])
        return place > 0 && isSuccess(reply)
          ? withBody(reply, { cancelled_job_ids: [...ids, runnerIdOf(call)] })
          : reply
      }),
    ),
  },
  'races/limit': {
    checks: ['concurrency/limit-holds'],
    layer: layerOf('concurrency/limit-passed-by-several'),
    // Creations that overlap are refused while there is room.
    undeclared: layer(
      ['createJob'],
      overlapped(
        (call, stage) => stage.takerOf(call)?.id ?? '',
        async (call, place) => (place > 0 ? refusal(429) : call.proceed()),
      ),
    ),
    settings: { max_pending_jobs_per_runner: 10_000 },
  },
  'races/mixed-agents': {
    checks: ['concurrency/agents-of-one-registration'],
    layer: layerOf('concurrency/agents-mixed'),
    undeclared: layer(
      ['registerAgents'],
      overlapped(runnerIdOf, async (call, place) => call.proceed(place > 0 ? { body: {} } : {})),
    ),
  },
  'races/handed-out-half': {
    checks: ['concurrency/cancel-or-next', 'model/concurrent-jobs'],
    layer: layer(['nextJob', 'getJob'], handedOutAs({})),
    undeclared: layer(['nextJob', 'getJob'], handedOutAs({ status: 'completed' })),
  },
  'races/half-made': {
    checks: ['concurrency/creating-while-registering', 'concurrency/list-while-evicting'],
    layer: layerOf('concurrency/registration-clears-first', 'concurrency/slot-empty-between'),
    undeclared: layer(['registerAgents', 'createJob'], (stage) => {
      const busy = new Set<string>()
      return async (call) => {
        if (call.operation === 'createJob')
          return busy.has(stage.takerOf(call)?.id ?? '') ? refusal(404) : call.proceed()
        busy.add(runnerIdOf(call))
        await stage.overlap()
        busy.delete(runnerIdOf(call))
        return call.proceed()
      }
    }),
  },
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
  // What the profile of a mock does otherwise is always the same object.
  const deviations = Reflect.get(mock, 'deviations') as Deviations
  Object.assign(deviations, { quirks: new Set([id]) }, actingQuirks[id]?.())
}
