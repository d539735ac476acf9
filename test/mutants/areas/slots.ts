// Mistakes about the slot that a runner takes: one runner per workspace, project, user and type.
import type { Caller } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isSuccess, itemsOf, membersOf, refusal, textIn } from '../reply.js'
import { isSameCaller, type KnownRunner, type Stage } from '../stage.js'

/** Disconnects further runners once one was activated. */
function evictsToo(others: (runner: KnownRunner, stage: Stage) => readonly KnownRunner[]): Spoil {
  return (stage) => async (call) => {
    const reply = await call.proceed()
    const session = stage.sessions.get(call.path['sessionId'] ?? '')
    const runner = stage.runners.get(session?.runnerId ?? '')
    if (!isSuccess(reply) || runner === undefined) return reply
    for (const { id } of others(runner, stage)) await call.ask('disconnectRunner', { path: { runnerId: id } })
    return reply
  }
}

/** A name of its own for the second runner of a slot, so that the first one keeps its place. */
function aliasOf(owner: Caller, place: number): Caller {
  return { ...owner, authorization: `${owner.authorization}#${place}` }
}

export const slotMutants: readonly Mutant[] = [
  defineMutant('slots/nobody-evicted', 'A second runner of a project and type lives beside the first.', {
    touches: 'all',
    spoil: (stage) => {
      const aliases = new Map<string, Caller>()
      return async (call) => {
        const session = stage.sessions.get(call.path['sessionId'] ?? '')
        if (call.operation === 'activatePairingSession' && session !== undefined) {
          const rivals = stage
            .present()
            .filter((each) => each.session.projectId === session.projectId && each.session.type === session.type)
          const alias = rivals.length === 0 ? call.caller : aliasOf(call.caller, rivals.length)
          const reply = await call.proceed({ headers: { ...alias } })
          if (isSuccess(reply)) aliases.set(session.runnerId, alias)
          return reply
        }
        const alias = aliases.get(stage.runnerOf(call)?.id ?? '')
        return call.proceed(alias === undefined ? {} : { headers: { ...alias } })
      }
    },
  }),
  defineMutant('slots/newcomer-refused', 'A runner for a slot that is taken is refused (409).', {
    touches: ['activatePairingSession'],
    spoil: (stage) => (call) => {
      const session = stage.sessions.get(call.path['sessionId'] ?? '')
      const isTaken = stage
        .present()
        .some((each) => each.session.projectId === session?.projectId && each.session.type === session.type)
      return isTaken ? refusal(409) : call.proceed()
    },
  }),
  defineMutant('slots/types-share-slot', 'Connect and endpoint runners of a project share a slot.', {
    touches: ['activatePairingSession'],
    spoil: evictsToo((runner, stage) => {
      const neighbour = stage.neighbourOf(runner)
      return neighbour === undefined ? [] : [neighbour]
    }),
  }),
  defineMutant('slots/one-per-user', 'A user has one runner of each type, whatever the project.', {
    touches: ['activatePairingSession'],
    oneByOne: true,
    spoil: evictsToo((runner, stage) =>
      stage
        .present()
        .filter(
          ({ id, session, owner }) =>
            id !== runner.id && session.type === runner.session.type && isSameCaller(owner, runner.owner),
        ),
    ),
  }),
  defineMutant('slots/opening-evicts', 'Opening a session evicts the runner whose slot it is for.', {
    touches: ['createPairingSession'],
    spoil: (stage) => async (call) => {
      const projectId = textIn(call.body, 'project_id')
      const holders = stage
        .present()
        .filter(({ session }) => session.projectId === projectId && session.type === textIn(call.body, 'type'))
      for (const { id } of holders) await call.ask('disconnectRunner', { path: { runnerId: id } })
      return call.proceed()
    },
  }),
  defineMutant('slots/failed-activation-evicts', 'An activation evicts before its proof is judged.', {
    touches: ['activatePairingSession'],
    spoil: (stage) => async (call) => {
      const session = stage.sessions.get(call.path['sessionId'] ?? '')
      const reply = await call.proceed()
      const holder = stage
        .present()
        .find((each) => each.session.projectId === session?.projectId && each.session.type === session.type)
      if (reply.status === 403 && holder !== undefined)
        await call.ask('disconnectRunner', { path: { runnerId: holder.id } })
      return reply
    },
  }),
  defineMutant('slots/agents-inherited', 'A new runner takes over the agents of the one that it evicts.', {
    touches: ['activatePairingSession'],
    spoil: (stage) => async (call) => {
      const session = stage.sessions.get(call.path['sessionId'] ?? '')
      const holder = stage
        .present()
        .find((each) => each.session.projectId === session?.projectId && each.session.type === session.type)
      const read = holder === undefined ? undefined : await call.ask('getRunner', { path: { runnerId: holder.id } })
      const reply = await call.proceed()
      const agents = itemsOf(membersOf(read?.body)['agents']).map(membersOf)
      if (!isSuccess(reply) || session === undefined || agents.length === 0) return reply
      const body = Object.fromEntries(agents.map((agent) => [textIn(agent, 'name'), agent]))
      await call.ask('registerAgents', { path: { runnerId: session.runnerId }, body })
      return reply
    },
  }),
  defineMutant('slots/late-goodbye-hits-successor', 'The disconnect of an evicted runner hits its successor.', {
    touches: ['disconnectRunner'],
    spoil: (stage) => async (call) => {
      const runner = stage.runnerOf(call)
      const isGone = runner !== undefined && stage.stateOf('runner', runner.id) === 'none'
      const successor = isGone
        ? stage.present().find(({ id }) => stage.rivalsOf(runner).some((each) => each.id === id))
        : undefined
      return call.proceed(successor === undefined ? {} : { path: { runnerId: successor.id } })
    },
  }),
  defineMutant('slots/not-freed-by-disconnect', 'A slot whose runner was disconnected cannot be taken again (409).', {
    touches: ['activatePairingSession', 'disconnectRunner'],
    spoil: (stage) => {
      const blocked = new Set<string>()
      return async (call) => {
        const session = stage.sessions.get(call.path['sessionId'] ?? '') ?? stage.runnerOf(call)?.session
        const slot = `${session?.projectId ?? ''} ${session?.type ?? ''}`
        if (call.operation === 'activatePairingSession' && blocked.has(slot)) return refusal(409)
        if (call.operation === 'disconnectRunner' && stage.isAlive(call.path['runnerId'] ?? '')) blocked.add(slot)
        return call.proceed()
      }
    },
  }),
]
