// Checks of the agents that a runner registers.
import type { Agent } from '../../../kernel/types.js'
import { checksOn } from './checks-on.js'
import { expectEqual } from '../../target/expectation.js'
import { needsAgents } from '../../check/check-steps.js'

/** An agent with every field that there is. */
const FULL_AGENT: Agent = {
  description: 'Answers a question.',
  language: 'python',
  executable: '/usr/bin/python3',
  source_file: 'src/answer.py',
  params: [
    { name: 'question', type: 'str' },
    { name: 'depth', type: 'int' },
  ],
  timeout: 60,
}

/** The same, saying which inputs a job must bring. */
const STRICT_AGENT: Agent = {
  ...FULL_AGENT,
  params: [
    { name: 'question', type: 'str', presence: 'required' },
    { name: 'tone', type: 'str', presence: 'optional' },
    { name: 'depth', type: 'int' },
  ],
}

/** As the TypeScript SDK registers one. */
const SDK_AGENT: Agent = {
  description: '',
  language: 'typescript',
  params: [{ name: 'times', type: 'float' }],
  timeout: 0,
}

const UNUSUAL = ['größe berechnen', 'a/b.c:d', '要約', '"quoted" \\ name', 'tag <b>']

export const agentChecks = checksOn('registerAgents runner connected', (it, at) => {
  it`agents/fields-come-back: A runner shows its agents with every field that was registered.
    pair, registerAgents ${{ answer: FULL_AGENT }}, getRunner`
  it`agents/presence-comes-back [field:*/params/[]/presence]: A runner shows which inputs of its agents a job must bring, where that was registered.
    pair, registerAgents ${{ answer: STRICT_AGENT }}, getRunner`
  it`agents/absent-fields-left-out: Of an agent without fields only the name and the timeout 0 are shown.
    pair, registerAgents ${{ bare: {} }}, getRunner`
  it`agents/sdk-form: An agent with an empty description and a timeout of 0, as SDKs register it, is accepted and shown.
    pair, registerAgents ${{ greeter: SDK_AGENT }}, getRunner`
  it`agents/key-is-the-name: The map's key is the agent's name, whatever the agent itself says.
    pair, registerAgents ${{ real: { name: 'pretended' } }}, getRunner, createJob ${{ agent_name: 'pretended' }},
    createJob ${{ agent_name: 'real' }}`
  it`agents/whole-set-replaced: Registering replaces the whole set of agents.
    pair, registerAgents ${{ first: {}, second: {} }}, registerAgents ${{ third: {} }}, getRunner`
  it`agents/agent-replaced-whole: An agent that is registered again has just the fields of the new registration.
    pair, registerAgents ${{ answer: FULL_AGENT }}, registerAgents ${{ answer: { language: 'ruby' } }}, getRunner`
  it`agents/cleared: An empty map clears the agents.
    pair, registerAgents names=none, getRunner, createJob`
  it`agents/replaced-agent-takes-no-job [createJob]: An agent that is no longer registered takes no job (400); a new one does.
    pair, createJob, registerAgents ${{ second: {} }}, createJob, createJob ${{ agent_name: 'second' }}`
  it('agents/negative-timeout: A negative timeout of an agent is shown as it is and counts as none: jobs have the default one.', async (context) => {
    const runner = await context.pair({ agents: { late: { timeout: -5 } } })
    expectEqual('timeout of the agent', (await runner.read()).agents[0]?.timeout, -5)
    const jobId = await runner.createJob({ agent_name: 'late' })
    expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, context.limits.job_timeout_seconds)
  })
  it`agents/names-are-exact [createJob]: A job names its agent exactly: other letter case or spaces around it are another name (400).
    pair, registerAgents ${{ Echo: {} }}, createJob ${{ agent_name: 'echo' }}, createJob ${{ agent_name: 'ECHO' }},
    createJob ${{ agent_name: ' Echo' }}, createJob ${{ agent_name: 'Ech' }}`
  it`agents/on-connect-runner: A connect runner may register agents too.
    pair-connect, registerAgents, getRunner`
  it`agents/per-runner: Agents belong to the runner that registered them.
    pair, registerAgents ${{ first: {} }}, elsewhere 2: pair, 2: registerAgents ${{ second: {} }}, getRunner,
    2: getRunner`
  at('registerAgents runner connected', needsAgents(5))
  it`agents/unusual-names: Agents may have names in any script and with any signs; jobs find them by those names.
    pair, registerAgents ${Object.fromEntries(UNUSUAL.map((name) => [name, {}]))}, getRunner,
    createJob ${{ agent_name: UNUSUAL[0] }}, createJob ${{ agent_name: UNUSUAL[1] }}, createJob ${{ agent_name: UNUSUAL[2] }},
    createJob ${{ agent_name: UNUSUAL[3] }}, createJob ${{ agent_name: UNUSUAL[4] }}, listJobs`
  at('registerAgents runner connected', needsAgents(2))
  it`agents/empty-name: The name of an agent may be empty: it is registered and shown.
    pair, registerAgents ${{ '': {}, other: {} }}, getRunner`
  at('createJob')
  it`agents/listed [listRunners]: The list of runners shows the agents of a connected runner as its own page does.
    pair, registerAgents ${{ answer: FULL_AGENT }}, listRunners`
  it`agents/optional-params-not-demanded: A job need not bring the inputs that its agent declares as optional.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob ${{ inputs: { question: 'Why?' } }}`
  it`agents/params-not-judged: The server does not hold inputs against the params of an agent: that is up to the runner.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob, createJob ${{ inputs: { question: 7, more: true } }}`
})
