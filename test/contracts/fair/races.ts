// Races of today's servers: calls that overlap, lost in the shape that the spec declares, by the mutants of that name; and
// each once more in a shape that no server may show.
import type { QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import { concurrencyMutants, keepsOfLate } from '../../mutants/areas/concurrency.js'
import type { Layer } from '../../mutants/broken-mock.js'
import type { Call } from '../../mutants/call.js'
import { runnerIdOf } from '../../mutants/polls.js'
import { overlapping } from '../../mutants/races.js'
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
