// Mistakes about the life of runners: heartbeats, lapse, return.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, membersOf, textIn, withBody } from '../reply.js'
import { editReply, editResource, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'

/** Counts a call about a runner as a heartbeat. */
const beatsToo: Spoil = (stage) => async (call) => {
  const reply = await call.proceed()
  const runner = stage.runnerOf(call)
  if (isSuccess(reply) && runner !== undefined)
    await call.ask('heartbeat', { path: { runnerId: runner.id }, body: {}, as: runner.owner })
  return reply
}

/** Whether the heartbeat of a runner has lapsed. */
export function isLapsed(stage: Stage, runnerId: string): boolean {
  return stage.stateOf('runner', runnerId) === 'disconnected'
}

export const timeRunnerMutants: readonly Mutant[] = [
  defineMutant({
    id: 'time/heartbeat-lasts-twice-as-long',
    mistake: 'A heartbeat keeps a runner alive for twice its time.',
    settings: { heartbeat_ttl_seconds: 30 },
  }),
  defineMutant({
    id: 'time/heartbeat-lasts-half-as-long',
    mistake: 'A heartbeat keeps a runner alive for half its time.',
    settings: { heartbeat_ttl_seconds: 7.5 },
  }),
  defineMutant({
    id: 'time/heartbeat-ttl-in-milliseconds',
    mistake: 'The time to live of a heartbeat is read as milliseconds times a thousand: runners never lapse.',
    settings: { heartbeat_ttl_seconds: 15_000 },
  }),
  defineMutant({
    id: 'time/reading-keeps-alive',
    mistake: 'Reading a runner counts as its heartbeat.',
    touches: ['getRunner'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/job-polls-keep-alive',
    mistake: 'Polling for jobs counts as a heartbeat.',
    touches: ['nextJob'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/reports-keep-alive',
    mistake: 'Reports and logs of a job count as heartbeats of its runner.',
    touches: ['reportJobResult', 'appendJobLogs'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/command-polls-keep-alive',
    mistake: 'Polling for commands counts as a heartbeat.',
    touches: ['nextBridgeCommands'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/jobs-keep-alive',
    mistake: 'A job that is created counts as a heartbeat of the runner that will take it.',
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const runnerId = stage.takerOf(call)?.id
      const reply = await call.proceed()
      if (reply.status === 201 && runnerId !== undefined) await call.ask('heartbeat', { path: { runnerId }, body: {} })
      return reply
    },
  }),
  defineMutant({
    id: 'time/submissions-keep-alive',
    mistake: 'A command that is submitted counts as a heartbeat.',
    touches: ['createBridgeCommand'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/registering-keeps-alive',
    mistake: 'Registering agents and patching the checklist count as heartbeats.',
    touches: ['registerAgents', 'patchChecklist'],
    spoil: beatsToo,
  }),
  defineMutant({
    id: 'time/only-first-heartbeat-counts',
    mistake: 'Heartbeats after the first one do not renew the life of a runner.',
    touches: ['heartbeat'],
    spoil: () => {
      const beaten = new Set<string>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        const isFirst = !beaten.has(id)
        beaten.add(id)
        return isFirst ? call.proceed() : answer(200, { cancelled_job_ids: [] })
      }
    },
  }),
  defineMutant({
    id: 'time/lapsed-is-gone',
    mistake: 'The heartbeat of a lapsed runner is 410: it must pair again.',
    touches: ['heartbeat'],
    spoil: refuseWhen(410, ({ path }, stage) => isLapsed(stage, path['runnerId'] ?? '')),
  }),
  defineMutant({
    id: 'time/lapsed-is-unknown',
    mistake: 'A lapsed runner cannot be read (404).',
    touches: ['getRunner'],
    spoil: refuseWhen(404, ({ path }, stage) => isLapsed(stage, path['runnerId'] ?? '')),
  }),
  defineMutant({
    id: 'time/lapsed-shows-agents',
    mistake: 'A lapsed runner still shows its agents.',
    touches: ['getRunner', 'registerAgents'],
    spoil: () => {
      const known = new Map<string, unknown[]>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        const reply = await call.proceed()
        if (call.operation === 'registerAgents' && isSuccess(reply)) {
          known.set(
            id,
            Object.entries(call.members).map(([name, agent]) => ({ timeout: 0, ...membersOf(agent), name })),
          )
          return reply
        }
        const runner = membersIn(reply)
        return runner['status'] === 'disconnected' ? withBody(reply, { ...runner, agents: known.get(id) ?? [] }) : reply
      }
    },
  }),
  defineMutant({
    id: 'time/lapse-loses-agents',
    mistake: 'A runner that comes back has lost its agents.',
    touches: ['heartbeat'],
    spoil: (stage) => async (call) => {
      const wasLapsed = isLapsed(stage, call.path['runnerId'] ?? '')
      const reply = await call.proceed()
      if (wasLapsed) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    },
  }),
  defineMutant({
    id: 'time/lapse-loses-capabilities',
    mistake: 'A runner that comes back has the default capabilities.',
    touches: ['heartbeat'],
    spoil: (stage) => (call) =>
      call.proceed(
        isLapsed(stage, call.path['runnerId'] ?? '') && !('capabilities' in call.members)
          ? { body: { capabilities: ['jobs'] } }
          : {},
      ),
  }),
  defineMutant({
    id: 'time/lapsed-not-listed',
    mistake: 'A lapsed runner is not listed.',
    touches: ['listRunners'],
    spoil: editReply((reply) => {
      const page = membersIn(reply)
      if (!Array.isArray(page['content'])) return reply
      const content = itemsOf(page['content']).filter((runner) => textIn(runner, 'status') === 'connected')
      return withBody(reply, { ...page, content, total: content.length })
    }),
  }),
  defineMutant({
    id: 'time/lapsed-listed-as-connected',
    mistake: 'The status of a listed runner is that of its last heartbeat.',
    touches: ['listRunners'],
    spoil: editResource((runner) => ({ ...runner, status: 'connected' })),
  }),
  defineMutant({
    id: 'time/lapsed-filter-by-stored-status',
    mistake: 'The filter of the status goes by the last heartbeat: lapsed runners count as connected.',
    touches: ['listRunners'],
    spoil: (stage) => async (call) => {
      const { query } = call
      if (query.get('status') !== 'connected') return call.proceed()
      const reply = await call.proceed({ query: { status: undefined } })
      return stage.now() > 0 ? reply : call.proceed()
    },
  }),
]
