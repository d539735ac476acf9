// Mistakes about the agents that a runner registers.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isSuccess, itemsOf, membersOf, refusal, textIn, without, type Members } from '../reply.js'
import { editResource, refuseWhen } from '../spoils.js'

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
  return defineMutant(`agents/${field.replaceAll('_', '-')}-lost`, `The ${field} of an agent is not kept.`, {
    touches: runnerReads,
    spoil: editAgents((agent) => without(agent, field)),
  })
}

export const agentMutants: readonly Mutant[] = [
  ...['description', 'language', 'executable', 'source_file', 'params'].map(fieldLost),
  defineMutant('agents/presence-lost', 'Whether a param is optional is not kept.', {
    touches: runnerReads,
    spoil: editAgents((agent) => {
      const params = itemsOf(agent['params']).map((param) => without(membersOf(param), 'presence'))
      return { ...agent, ...('params' in agent && { params }) }
    }),
  }),
  defineMutant('agents/timeout-of-zero-left-out', 'An agent without a timeout shows none, instead of 0.', {
    touches: runnerReads,
    spoil: editAgents((agent) => (agent['timeout'] === 0 ? without(agent, 'timeout') : agent)),
  }),
  defineMutant('agents/merged', 'Registering adds agents to those that are there.', {
    touches: ['registerAgents'],
    spoil: registersAlso((before, sent) => ({ ...before, ...sent })),
  }),
  defineMutant('agents/empty-map-refused', 'An empty map of agents is refused (422).', {
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ text }) => text.trim() === '{}'),
  }),
  defineMutant('agents/optional-params-demanded', 'A job must bring the inputs that its agent declares as optional.', {
    touches: ['registerAgents', 'createJob'],
    spoil: demandsParams(() => true),
  }),
  defineMutant('agents/names-of-letters-only', 'Names of agents may hold plain letters, digits and dashes only.', {
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ members }) => Object.keys(members).some((name) => !/^[\w-]+$/.test(name))),
  }),
  defineMutant('agents/refused-for-connect', 'A connect runner may not register agents (409).', {
    touches: ['registerAgents'],
    spoil: refuseWhen(404, (call, stage) => stage.runnerOf(call)?.session.type === 'connect'),
  }),
  defineMutant('agents/sorted-away-when-undescribed', 'An agent with an empty description is refused (422).', {
    touches: ['registerAgents'],
    spoil: refuseWhen(422, ({ members }) =>
      Object.values(members).some((agent) => membersOf(agent)['description'] === ''),
    ),
  }),
  defineMutant('agents/extra-params-refused', 'A job with inputs that its agent does not declare is refused.', {
    touches: ['createJob'],
    spoil: refuseWhen(400, ({ members }) => 'more' in membersOf(members['inputs'])),
  }),
]
