// Checks of the agents that a runner registers.
import type { Agent } from '../../../kernel/types.js'
import { checksOn } from './checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectStatus } from '../../target/expectation.js'
import type { PairOptions, RunnerHandle } from '../../check/runner-handle.js'
import { needsAgents, tryJob } from '../../check/check-steps.js'

async function expectNames(runner: RunnerHandle, names: readonly string[]): Promise<void> {
  expectEqual('names of the agents', (await runner.read()).agents.map(({ name }) => name).toSorted(), names)
}

/** Sets that a new runner registers, one after another, leave it with these agents. */
async function expectAgents(
  context: Context,
  sets: readonly Exclude<PairOptions['agents'], undefined>[],
  wanted: readonly Agent[],
): Promise<void> {
  const runner = await context.pair()
  for (const agents of sets) await runner.register(agents)
  // A list of params without entries is as good as none.
  const shown = (await runner.read()).agents.map((agent) => ({ ...agent, params: agent.params ?? [] }))
  expectEqual('the agents', shown, wanted)
}

const NONE = { timeout: 0, params: [] }

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

export const agentChecks = checksOn('registerAgents runner connected', (it, at) => {
  it('agents/fields-come-back: A runner shows its agents with every field that was registered.', (context) =>
    expectAgents(context, [{ answer: FULL_AGENT }], [{ name: 'answer', ...FULL_AGENT }]))
  it('agents/presence-comes-back [field:*/params/[]/presence]: A runner shows which inputs of its agents a job must bring, where that was registered.', (context) =>
    expectAgents(context, [{ answer: STRICT_AGENT }], [{ name: 'answer', ...STRICT_AGENT }]))
  it('agents/absent-fields-left-out: Of an agent without fields only the name and the timeout 0 are shown.', (context) =>
    expectAgents(context, [{ bare: {} }], [{ name: 'bare', ...NONE }]))
  it`agents/sdk-form: An agent with an empty description and a timeout of 0, as SDKs register it, is accepted and shown.
    pair, registerAgents ${{ greeter: SDK_AGENT }}, getRunner`
  it`agents/key-is-the-name: The map's key is the agent's name, whatever the agent itself says.
    pair, registerAgents ${{ real: { name: 'pretended' } }}, getRunner, createJob ${{ agent_name: 'pretended' }},
    createJob ${{ agent_name: 'real' }}`
  it('agents/whole-set-replaced: Registering replaces the whole set of agents.', (context) =>
    expectAgents(context, [['first', 'second'], ['third']], [{ name: 'third', ...NONE }]))
  it('agents/agent-replaced-whole: An agent that is registered again has just the fields of the new registration.', async (context) => {
    const sets = [{ answer: FULL_AGENT }, { answer: { language: 'ruby' } }]
    await expectAgents(context, sets, [{ name: 'answer', language: 'ruby', ...NONE }])
  })
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
  it('agents/names-are-exact [createJob]: A job names its agent exactly: other letter case or spaces around it are another name (400).', async (context) => {
    const runner = await context.pair({ agents: ['Echo'] })
    for (const name of ['echo', 'ECHO', ' Echo', 'Ech']) expectStatus(await tryJob(context, runner, name), 400)
  })
  it`agents/on-connect-runner: A connect runner may register agents too.
    pair-connect, registerAgents, getRunner`
  it`agents/per-runner: Agents belong to the runner that registered them.
    pair, registerAgents ${{ first: {} }}, elsewhere 2: pair, 2: registerAgents ${{ second: {} }}, getRunner,
    2: getRunner`
  at('registerAgents runner connected', needsAgents(5))
  it('agents/unusual-names: Agents may have names in any script and with any signs; jobs find them by those names.', async (context) => {
    const names = ['größe berechnen', 'a/b.c:d', '要約', '"quoted" \\ name', 'tag <b>']
    const runner = await context.pair({ agents: names })
    await expectNames(runner, names.toSorted())
    for (const agent_name of names) {
      expectFields('the job', await runner.readJob(await runner.createJob({ agent_name })), { agent_name })
    }
  })
  at('registerAgents runner connected', needsAgents(2))
  it('agents/empty-name: The name of an agent may be empty: it is registered and shown.', (context) =>
    context.pair({ agents: ['', 'other'] }).then((runner) => expectNames(runner, ['', 'other'])))
  at('createJob')
  it`agents/listed [listRunners]: The list of runners shows the agents of a connected runner as its own page does.
    pair, registerAgents ${{ answer: FULL_AGENT }}, listRunners`
  it`agents/optional-params-not-demanded: A job need not bring the inputs that its agent declares as optional.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob ${{ inputs: { question: 'Why?' } }}`
  it`agents/params-not-judged: The server does not hold inputs against the params of an agent: that is up to the runner.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob, createJob ${{ inputs: { question: 7, more: true } }}`
})
