// Mistakes about the agents that a runner registers.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import {
  answer,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  textIn,
  without,
  withBody,
  type Members,
} from '../reply.js'
import { editRequest, editRequestBody, editResource, refuseWhen } from '../spoils.js'

const runnerReads = ['getRunner', 'listRunners'] as const

/** Changes every agent that is shown. */
function editAgents(edit: (agent: Members) => Members): Spoil {
  return editResource((runner) => ({
    ...runner,
    agents: itemsOf(runner['agents']).map((agent) => edit(membersOf(agent))),
  }))
}

/** The agents that each runner has registered last. */
function registrations(): { note(runnerId: string, agents: Members): void; of(runnerId: string): Members } {
  const known = new Map<string, Members>()
  return { note: (id, agents) => void known.set(id, agents), of: (id) => known.get(id) ?? {} }
}

/** Refuses jobs whose inputs lack params of their agent. */
function demandsParams(isDemanded: (param: Members) => boolean): Spoil {
  return (stage) => {
    const known = registrations()
    return async (call) => {
      if (call.operation === 'registerAgents') known.note(call.path['runnerId'] ?? '', call.members)
      const agent = membersOf(known.of(stage.takerOf(call)?.id ?? '')[textIn(call.body, 'agent_name')])
      const inputs = membersOf(call.members['inputs'])
      const missing = itemsOf(agent['params']).some(
        (param) => isDemanded(membersOf(param)) && !(textIn(param, 'name') in inputs),
      )
      return call.operation === 'createJob' && missing ? refusal(400) : call.proceed()
    }
  }
}

/** Finds agents by a looser name: the job is created under the name that fits. */
function findsAgents(normalize: (name: string) => string): Spoil {
  return (stage) => {
    const known = registrations()
    return (call) => {
      if (call.operation === 'registerAgents') known.note(call.path['runnerId'] ?? '', call.members)
      if (call.operation !== 'createJob') return call.proceed()
      const sought = normalize(textIn(call.body, 'agent_name'))
      const names = Object.keys(known.of(stage.takerOf(call)?.id ?? ''))
      const name = names.find((each) => normalize(each) === sought)
      return call.proceed(name === undefined ? {} : { body: { ...call.members, agent_name: name } })
    }
  }
}

/** Registers something else than what is sent, made from that and from what was there. */
function registersAlso(merge: (before: Members, sent: Members) => Members): Spoil {
  return () => {
    const known = registrations()
    return async (call) => {
      const runnerId = call.path['runnerId'] ?? ''
      const merged = merge(known.of(runnerId), call.members)
      const reply = await call.proceed({ body: merged })
      if (isSuccess(reply)) known.note(runnerId, merged)
      return reply
    }
  }
}

function fieldLost(field: string): Mutant {
  return defineMutant({
    id: `agents/${field.replaceAll('_', '-')}-lost`,
    mistake: `The ${field} of an agent is not kept.`,
    touches: runnerReads,
    spoil: editAgents((agent) => without(agent, field)),
  })
}

export const agentMutants: readonly Mutant[] = [
  ...['description', 'language', 'executable', 'source_file', 'params'].map(fieldLost),
  defineMutant({
    id: 'agents/presence-lost',
    mistake: 'Whether a param is optional is not kept.',
    touches: runnerReads,
    spoil: editAgents((agent) =>
      'params' in agent
        ? { ...agent, params: itemsOf(agent['params']).map((each) => without(membersOf(each), 'presence')) }
        : agent,
    ),
  }),
  defineMutant({
    id: 'agents/presence-made-up',
    mistake: 'A param that says nothing of its presence is shown as required.',
    touches: runnerReads,
    spoil: editAgents((agent) =>
      'params' in agent
        ? { ...agent, params: itemsOf(agent['params']).map((each) => ({ presence: 'required', ...membersOf(each) })) }
        : agent,
    ),
  }),
  defineMutant({
    id: 'agents/timeout-of-zero-left-out',
    mistake: 'An agent without a timeout shows none, instead of 0.',
    touches: runnerReads,
    spoil: editAgents((agent) => (agent['timeout'] === 0 ? without(agent, 'timeout') : agent)),
  }),
  defineMutant({
    id: 'agents/timeout-of-zero-filled-in',
    mistake: "An agent without a timeout shows the server's default.",
    touches: runnerReads,
    spoil: editAgents((agent) => (agent['timeout'] === 0 ? { ...agent, timeout: 1800 } : agent)),
  }),
  defineMutant({
    id: 'agents/name-from-body',
    mistake: "An agent is known by the name in its body, not by the map's key.",
    touches: ['registerAgents'],
    spoil: editRequestBody((agents) =>
      Object.fromEntries(Object.entries(agents).map(([key, agent]) => [textIn(agent, 'name') || key, agent])),
    ),
  }),
  defineMutant({
    id: 'agents/merged',
    mistake: 'Registering adds agents to those that are there.',
    touches: ['registerAgents'],
    spoil: registersAlso((before, sent) => ({ ...before, ...sent })),
  }),
  defineMutant({
    id: 'agents/fields-merged',
    mistake: 'An agent that is registered again keeps the fields that the new registration does not name.',
    touches: ['registerAgents'],
    spoil: registersAlso((before, sent) =>
      Object.fromEntries(
        Object.entries(sent).map(([name, agent]) => [name, { ...membersOf(before[name]), ...membersOf(agent) }]),
      ),
    ),
  }),
  defineMutant({
    id: 'agents/empty-map-ignored',
    mistake: 'An empty map of agents leaves those that are there.',
    touches: ['registerAgents'],
    spoil: registersAlso((before, sent) => (Object.keys(sent).length === 0 ? before : sent)),
  }),
  defineMutant({
    id: 'agents/empty-map-refused',
    mistake: 'An empty map of agents is refused (422).',
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ text }) => text.trim() === '{}'),
  }),
  defineMutant({
    id: 'agents/optional-params-demanded',
    mistake: 'A job must bring the inputs that its agent declares as optional.',
    touches: ['registerAgents', 'createJob'],
    spoil: demandsParams(() => true),
  }),
  defineMutant({
    id: 'agents/required-params-demanded',
    mistake: 'A job without an input that its agent requires is refused.',
    touches: ['registerAgents', 'createJob'],
    spoil: demandsParams((param) => param['presence'] === 'required'),
  }),
  defineMutant({
    id: 'agents/found-in-any-case',
    mistake: 'A job finds its agent in any letter case.',
    touches: ['registerAgents', 'createJob'],
    spoil: findsAgents((name) => name.toLowerCase()),
  }),
  defineMutant({
    id: 'agents/found-trimmed',
    mistake: 'A job finds its agent whatever space is around the name.',
    touches: ['registerAgents', 'createJob'],
    spoil: findsAgents((name) => name.trim()),
  }),
  defineMutant({
    id: 'agents/names-of-letters-only',
    mistake: 'Names of agents may hold plain letters, digits and dashes only.',
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ members }) => Object.keys(members).some((name) => !/^[\w-]+$/.test(name))),
  }),
  defineMutant({
    id: 'agents/not-listed',
    mistake: 'The list of runners shows no agents.',
    touches: ['listRunners'],
    spoil: editResource((runner) => ({ ...runner, agents: [] })),
  }),
  defineMutant({
    id: 'agents/refused-for-connect',
    mistake: 'A connect runner may not register agents (409).',
    touches: ['registerAgents'],
    spoil: refuseWhen(404, (call, stage) => stage.runnerOf(call)?.session.type === 'connect'),
  }),
  defineMutant({
    id: 'agents/of-the-user',
    mistake: 'Agents belong to the user: whichever runner registers last names those of all runners.',
    touches: ['getRunner', 'registerAgents'],
    oneByOne: true,
    spoil: () => {
      let latest: unknown[] = []
      return async (call) => {
        const reply = await call.proceed()
        if (!isSuccess(reply)) return reply
        if (call.operation === 'getRunner') return withBody(reply, { ...membersIn(reply), agents: latest })
        latest = itemsOf(membersOf((await call.ask('getRunner', { path: call.path })).body)['agents'])
        return reply
      }
    },
  }),
  defineMutant({
    id: 'agents/replaced-agent-still-works',
    mistake: 'Agents that are no longer registered still take jobs.',
    touches: ['registerAgents', 'createJob'],
    spoil: (stage) => {
      const ever = registrations()
      return async (call) => {
        const runnerId = call.path['runnerId'] ?? stage.takerOf(call)?.id ?? ''
        if (call.operation === 'registerAgents') ever.note(runnerId, { ...ever.of(runnerId), ...call.members })
        const reply = await call.proceed()
        const isKnown = textIn(call.body, 'agent_name') in ever.of(runnerId)
        if (call.operation !== 'createJob' || reply.status !== 400 || !isKnown) return reply
        return answer(201, undefined, { location: `${call.exchange.base ?? ''}${call.pathname}/${runnerId}` })
      }
    },
  }),
  defineMutant({
    id: 'agents/sorted-away-when-undescribed',
    mistake: 'An agent with an empty description is refused (422).',
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ members }) =>
      Object.values(members).some((agent) => membersOf(agent)['description'] === ''),
    ),
  }),
  defineMutant({
    id: 'agents/extra-params-refused',
    mistake: 'A job with inputs that its agent does not declare is refused.',
    touches: ['createJob'],
    spoil: refuseWhen(400, ({ members }) => 'more' in membersOf(members['inputs'])),
  }),
  defineMutant({
    id: 'agents/registered-under-one-name',
    mistake: 'Of several agents in one registration only the last is kept.',
    touches: ['registerAgents'],
    spoil: editRequest(({ members }) => ({ body: Object.fromEntries(Object.entries(members).slice(-1)) })),
  }),
  defineMutant({
    id: 'agents/empty-name-refused',
    mistake: 'An agent without a name is refused.',
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ members }) => '' in members),
  }),
  defineMutant({
    id: 'agents/negative-timeout-as-zero',
    mistake: 'A negative timeout of an agent is kept as 0.',
    touches: ['registerAgents'],
    spoil: editRequestBody((members) =>
      Object.fromEntries(
        Object.entries(members).map(([name, agent]) => {
          const timeout = Number(membersOf(agent)['timeout'] ?? 0)
          return [name, timeout < 0 ? { ...membersOf(agent), timeout: 0 } : agent]
        }),
      ),
    ),
  }),
]
