/** Bridge commands: how they are found, and what their operations bring about. */
import { batchSize } from '../../lifecycle/facts.js'
import { findDecision } from '../../lifecycle/table.js'
import { waitSeconds } from '../../lifecycle/timers.js'
import type { BridgeCommandItem } from '../../kernel/types.js'
import type { Outcome, Resource, RunnerResolvers } from '../engine/resolver.js'
import { isEnded } from '../world/bridge-commands.js'
import type { Delivery } from '../world/records.js'

export const bridgeCommand: Resource<'bridgeCommand'> = {
  find: {
    path({ world, caller, path }) {
      const command = world.commands.find(caller, path.commandId)
      return command?.runner.id === path.runnerId ? command : undefined
    },
  },
  stateOf: ({ wire }) => wire.status,
  details: {},
}

export const bridgeResolvers = {
  createBridgeCommand({ body }, { world, subject }) {
    const { command_id } = world.commands.create(subject, body).wire
    return { created: command_id, body: { command_id } }
  },

  nextBridgeCommands({ body }, { world, subject, exchange }) {
    const next = world.commands.next(subject, exchange.signal, batchSize(body))
    return next instanceof Promise ? next.then(toBatch) : toBatch(next)
  },

  getBridgeCommand({ query }, { world, subject, exchange }) {
    if (!query.wait || isEnded(subject)) return { body: subject.wire }
    const seconds = waitSeconds('getBridgeCommand', query, world.settings) ?? 0
    const inTime = world.deviations.rememberForWait?.(subject.wire)
    const end = world.commands.awaitEnd(subject, seconds, exchange.signal)
    return end.then((news) => {
      if (news === 'gone') return { retry: true }
      return { body: (news === undefined ? inTime : undefined) ?? subject.wire }
    })
  },

  reportBridgeResult({ body }, { world, subject, decision }) {
    world.commands.report(subject, decision, body)
    return {}
  },
} satisfies Partial<RunnerResolvers>

const HANDED_OUT = findDecision('bridgeCommand', 'pending', 'nextBridgeCommands')

/** What a poll brings for which nothing came; whether its answer arrived still shows in the journal. */
const NOTHING: Delivery<BridgeCommandItem> = { items: [], failed: () => undefined }

function toBatch(delivery: Delivery<BridgeCommandItem> = NOTHING): Outcome<'nextBridgeCommands'> {
  const decided = delivery.items.length > 0 ? HANDED_OUT : undefined
  return { body: { commands: [...delivery.items] }, delivery, decided }
}
