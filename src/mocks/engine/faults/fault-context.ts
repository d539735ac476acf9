/** Connects faults to the mock around them: whose runner a request is about, eviction, and who hears of strikes. */
import type { Clock } from '../../../kernel/clock.js'
import type { Interception } from '../engine.js'
import type { EventBus } from '../../world/events.js'
import type { Authenticate } from '../../base/identity.js'
import { isRefusal } from '../../base/refusal.js'
import type { World } from '../../world/world.js'
import { perhaps } from '../../base/words.js'
import type { FaultContext, FaultStrike } from './intercepted-request.js'

/** What the context is made of. */
export interface FaultContextParts {
  clock: Clock
  seed: number
  authenticate: Authenticate
  /** The world as it is now; a reset replaces it. */
  world: () => World
  events: EventBus
}

/** Builds the context. */
export function createFaultContext({ clock, seed, authenticate, world, events }: FaultContextParts): FaultContext {
  return {
    clock,
    seed,
    runnerOf: (request) => findRunner(request, authenticate, world()),
    evict: (runnerId) => world().runners.evict(runnerId),
    announce: (strike) => announceStrike(events, strike),
    tellLife: (type, fault) => events.isHeard && events.tell({ type, fault: fault.id, details: fault.describe() }),
  }
}

function findRunner(
  { exchange, parameters }: Interception,
  authenticate: Authenticate,
  { runners, jobs }: World,
): string | undefined {
  const { runnerId, jobId } = parameters
  if (runnerId === undefined && jobId === undefined) return undefined
  const caller = authenticate(exchange.headers ?? {})
  if (isRefusal(caller)) return undefined
  if (runnerId !== undefined) return runners.find(caller, runnerId.toLowerCase())?.id
  return jobs.find(caller, jobId?.toLowerCase() ?? '')?.runner.id
}

function announceStrike(events: EventBus, { fault, effect, request, runner, delayMs }: FaultStrike): void {
  if (!events.isHeard) return
  events.tell({
    type: 'fault',
    fault,
    effect,
    ...perhaps('delay_ms', delayMs),
    method: request.exchange.method,
    path: request.path,
    operation: request.operation?.id,
    ...perhaps('runner_id', runner()),
  })
}
