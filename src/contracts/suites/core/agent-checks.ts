// Checks of the agents that a runner registers.
import type { Agent } from '../../../kernel/types.js'
import { defineCheck } from '../../check/check.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { needsAgents, tryJob } from '../../check/check-steps.js'

const rule = { operation: 'registerAgents', machine: 'runner', on: 'registerAgents', from: 'connected' } as const

async function agentNames(runner: RunnerHandle): Promise<readonly string[]> {
  return (await runner.read()).agents.map(({ name }) => name).toSorted()
}

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

export const agentChecks = [
  defineCheck({
    id: 'agents/fields-come-back',
    title: 'A runner shows its agents with every field that was registered.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { answer: FULL_AGENT } })
      const { agents } = await runner.read()
      expectEqual('the agents', agents, [{ name: 'answer', ...FULL_AGENT }])
    },
  }),
  defineCheck({
    id: 'agents/presence-comes-back',
    title: 'A runner shows which inputs of its agents a job must bring, where that was registered.',
    rule: { ...rule, field: '*/params/[]/presence' },
    async run(context) {
      const runner = await context.pair({ agents: { answer: STRICT_AGENT } })
      const { agents } = await runner.read()
      expectEqual('the params of the agent', agents[0]?.params, STRICT_AGENT.params)
    },
  }),
  defineCheck({
    id: 'agents/absent-fields-left-out',
    title: 'Of an agent without fields only the name and the timeout 0 are shown.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { bare: {} } })
      const answer = await context.call('getRunner', { path: { runnerId: runner.id } })
      expectStatus(answer, 200)
      const [agent] = answer.body.agents
      const { params, ...rest } = agent ?? { name: '', timeout: -1 }
      expectEqual('the agent', rest, { name: 'bare', timeout: 0 }, answer)
      // A list without entries is as good as none.
      expectEqual('its params', params ?? [], [], answer)
    },
  }),
  defineCheck({
    id: 'agents/sdk-form',
    title: 'An agent with an empty description and a timeout of 0, as SDKs register it, is accepted and shown.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { greeter: SDK_AGENT } })
      const [agent] = (await runner.read()).agents
      expectEqual(
        'name, params and timeout',
        { name: agent?.name, params: agent?.params, timeout: agent?.timeout },
        {
          name: 'greeter',
          params: SDK_AGENT.params,
          timeout: 0,
        },
      )
    },
  }),
  defineCheck({
    id: 'agents/key-is-the-name',
    title: "The map's key is the agent's name, whatever the agent itself says.",
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { real: { name: 'pretended' } } })
      expectEqual('names of the agents', await agentNames(runner), ['real'])
      expectStatus(await tryJob(context, runner, 'pretended'), 400)
      await runner.createJob({ agent_name: 'real' })
    },
  }),
  defineCheck({
    id: 'agents/whole-set-replaced',
    title: 'Registering replaces the whole set of agents.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: ['first', 'second'] })
      await runner.register(['third'])
      expectEqual('names of the agents', await agentNames(runner), ['third'])
    },
  }),
  defineCheck({
    id: 'agents/agent-replaced-whole',
    title: 'An agent that is registered again has just the fields of the new registration.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { answer: FULL_AGENT } })
      await runner.register({ answer: { language: 'ruby' } })
      const [agent] = (await runner.read()).agents
      expectEqual(
        'the agent',
        { ...agent, params: agent?.params ?? [] },
        {
          name: 'answer',
          language: 'ruby',
          timeout: 0,
          params: [],
        },
      )
    },
  }),
  defineCheck({
    id: 'agents/cleared',
    title: 'An empty map clears the agents.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: ['first', 'second'] })
      await runner.register({})
      expectEqual('names of the agents', await agentNames(runner), [])
      expectStatus(await tryJob(context, runner, 'first'), 400)
    },
  }),
  defineCheck({
    id: 'agents/replaced-agent-takes-no-job',
    title: 'An agent that is no longer registered takes no job (400); a new one does.',
    rule: { operation: 'createJob', machine: 'runner', on: 'createJob', from: 'connected' },
    async run(context) {
      const runner = await context.pair({ agents: ['first'] })
      await runner.createJob({ agent_name: 'first' })
      await runner.register(['second'])
      expectStatus(await tryJob(context, runner, 'first'), 400)
      await runner.createJob({ agent_name: 'second' })
    },
  }),
  defineCheck({
    id: 'agents/unusual-names',
    title: 'Agents may have names in any script and with any signs; jobs find them by those names.',
    rule,
    needs: needsAgents(5),
    async run(context) {
      const names = ['größe berechnen', 'a/b.c:d', '要約', '"quoted" \\ name', 'tag <b>']
      const runner = await context.pair({ agents: names })
      expectEqual('names of the agents', await agentNames(runner), names.toSorted())
      for (const name of names) {
        const jobId = await runner.createJob({ agent_name: name })
        expectEqual('agent of the job', (await runner.readJob(jobId)).agent_name, name)
      }
    },
  }),
  defineCheck({
    id: 'agents/empty-name',
    title: 'The name of an agent may be empty: it is registered and shown.',
    rule,
    needs: needsAgents(2),
    async run(context) {
      const runner = await context.pair({ agents: ['', 'other'] })
      expectEqual('names of the agents', await agentNames(runner), ['', 'other'])
    },
  }),
  defineCheck({
    id: 'agents/negative-timeout',
    title: 'A negative timeout of an agent is shown as it is and counts as none: jobs have the default one.',
    rule,
    async run(context) {
      const runner = await context.pair({ agents: { late: { timeout: -5 } } })
      expectEqual('timeout of the agent', (await runner.read()).agents[0]?.timeout, -5)
      const jobId = await runner.createJob({ agent_name: 'late' })
      expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, context.limits.job_timeout_seconds)
    },
  }),
  defineCheck({
    id: 'agents/names-are-exact',
    title: 'A job names its agent exactly: other letter case or spaces around it are another name (400).',
    rule: { operation: 'createJob', machine: 'runner', on: 'createJob', from: 'connected' },
    async run(context) {
      const runner = await context.pair({ agents: ['Echo'] })
      for (const agent_name of ['echo', 'ECHO', ' Echo', 'Ech']) {
        expectStatus(await tryJob(context, runner, agent_name), 400)
      }
    },
  }),
  defineCheck({
    id: 'agents/listed',
    title: 'The list of runners shows the agents of a connected runner as its own page does.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const runner = await context.pair({ agents: { answer: FULL_AGENT } })
      const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: runner.project.id } })
      const entry = content.find(({ id }) => id === runner.id)
      expectEqual('agents in the list', entry?.agents, (await runner.read()).agents)
      expectThat(entry.agents.length === 1, 'one agent in the list', entry.agents)
    },
  }),
  defineCheck({
    id: 'agents/on-connect-runner',
    title: 'A connect runner may register agents too.',
    rule,
    async run(context) {
      const runner = await context.pair({ type: 'connect', agents: ['echo'] })
      expectEqual('names of the agents', await agentNames(runner), ['echo'])
    },
  }),
  defineCheck({
    id: 'agents/per-runner',
    title: 'Agents belong to the runner that registered them.',
    rule,
    async run(context) {
      const first = await context.pair({ agents: ['first'] })
      const second = await context.pair({ agents: ['second'], project: await context.newProject() })
      expectEqual('agents of the first runner', await agentNames(first), ['first'])
      expectEqual('agents of the second runner', await agentNames(second), ['second'])
    },
  }),
  defineCheck({
    id: 'agents/optional-params-not-demanded',
    title: 'A job need not bring the inputs that its agent declares as optional.',
    rule: { operation: 'createJob' },
    async run(context) {
      const runner = await context.pair({ agents: { answer: STRICT_AGENT } })
      const inputs = { question: 'Why?' }
      const jobId = await runner.createJob({ agent_name: 'answer', inputs })
      expectEqual('inputs of the job', (await runner.readJob(jobId)).inputs, inputs)
    },
  }),
  defineCheck({
    id: 'agents/params-not-judged',
    title: 'The server does not hold inputs against the params of an agent: that is up to the runner.',
    rule: { operation: 'createJob' },
    async run(context) {
      const runner = await context.pair({ agents: { answer: STRICT_AGENT } })
      await runner.createJob({ agent_name: 'answer' })
      await runner.createJob({ agent_name: 'answer', inputs: { question: 7, more: true } })
    },
  }),
]
