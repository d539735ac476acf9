// Watches every transition of a mock and says what broke the lifecycle: moves that are in no rule, moves from a state that
// the resource was not in, jobs handed out twice or out of turn.
import { machines } from '../../src/lifecycle/table.js'
import type { MockEvent, TransitionEvent } from '../../src/mocks/world/events.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'

/** What was seen so far. */
export interface Watch {
  /** One sentence for each broken rule. */
  readonly troubles: string[]
  /** Number of transitions. */
  readonly transitions: number
  stop(): void
}

/** Starts watching. The mock should be fresh: what exists already has no known state. */
export function watchLifecycle(mock: RunnerMock): Watch {
  const troubles: string[] = []
  const states = new Map<string, string>()
  /** Pending jobs of each runner, in order of creation. */
  const queues = new Map<string, string[]>()
  let transitions = 0
  const hear = (event: TransitionEvent): void => {
    transitions += 1
    const { id } = event.resource
    const told = `${event.machine} ${id}: ${event.trigger} ${event.from} -> ${event.to}`
    if (!isInSpec(event)) troubles.push(`${told} is no rule of the spec`)
    const known = states.get(id)
    if (known !== undefined && known !== event.from) troubles.push(`${told}, but it was ${known}`)
    states.set(id, event.to)
    if (event.machine === 'job') keepQueue(event, told)
  }
  const keepQueue = ({ trigger, from, to, resource: { id, runner_id = '' } }: TransitionEvent, told: string): void => {
    const queue = queues.get(runner_id) ?? []
    queues.set(runner_id, queue)
    if (trigger === 'nextJob' && queue[0] !== id)
      troubles.push(`${told}, but ${queue[0] ?? 'nothing'} is first in line`)
    if (from === 'pending') queue.splice(queue.indexOf(id), 1)
    if (to === 'pending') {
      queue.push(id)
      // Ids of version 7 sort by time of creation, which is where a job returns to.
      queue.sort()
    }
  }
  const stop = mock.on('*', (event) => isTransition(event) && hear(event))
  return {
    troubles,
    get transitions() {
      return transitions
    },
    stop,
  }
}

function isTransition(event: MockEvent): event is TransitionEvent {
  return 'machine' in event
}

interface LooseRule {
  readonly on: string
  readonly from: string | readonly string[]
  readonly to: string | null
}

function isInSpec({ machine, trigger, from, to }: TransitionEvent): boolean {
  const rules: readonly LooseRule[] = machines[machine].rules
  return rules.some(
    (rule) =>
      rule.on === trigger && (rule.from === '*' || [rule.from].flat().includes(from)) && (rule.to ?? from) === to,
  )
}
