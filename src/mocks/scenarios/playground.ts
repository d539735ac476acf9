// The `playground` scenario: a project for each state that the pages of agents know. Runners and jobs live, so that a page
// that runs a project's first agent gets the state again.
import type {
  ScriptedSpan,
  ScenarioBlueprint,
  ScenarioOwner,
  ScenarioPrompt,
  ScenarioSession,
  ScenarioTrace,
} from '../../generated/kit-schema.js'
import { textAt } from '../../kernel/json-value.js'
import type { AuthMode } from '../base/identity.js'
import { demoAgents, firstOwner } from './demo.js'
import type { Scenario, ScenarioRunner } from './scenario.js'

/** A page of Opik's web app, as it stands below its project. */
type Page = 'agent-playground' | 'prompts' | 'diagnostics' | 'traces?tab=logs&logsType=traces'

interface PageState {
  readonly shows: string
  /** Default `agent-playground`. */
  readonly page?: Page
  readonly runners?: readonly Omit<ScenarioRunner, 'project'>[]
  readonly sessions?: readonly ScenarioSession[]
  readonly traces?: readonly ScenarioTrace[]
  readonly blueprints?: readonly ScenarioBlueprint[]
  readonly prompts?: readonly ScenarioPrompt[]
  readonly diagnostics?: boolean
}

const DAY_S = 86_400

const agents: NonNullable<Scenario['agents']> = {
  ...demoAgents,
  'every-input': {
    description: 'Takes an input of each type, needed or not.',
    params: ['string', 'integer', 'float', 'boolean', 'object', 'array'].flatMap((type) => [
      { name: type, type, presence: 'required' as const },
      { name: `${type}_or_none`, type, presence: 'optional' as const },
      { name: `${type}_unsaid`, type },
    ]),
    result: '{{inputs}}',
  },
  'long-work': {
    description: 'Works for a day; a step begins every ten seconds.',
    timeout: DAY_S,
    latency_ms: DAY_S * 1000 - 60_000,
    logs: Array.from({ length: 60 }, (_, at) => ({ after_ms: at * 10_000, text: `step ${at + 1}` })),
    spans: Array.from({ length: 60 }, (_, at) => ({
      ...{ name: `step ${at + 1}`, type: at % 3 === 0 ? 'llm' : 'tool', after_ms: at * 10_000, for_ms: 8000 },
    })),
  },
  'order-status': {
    description: 'Answers after a second, with a plausible trace.',
    params: [{ name: 'question', type: 'string', presence: 'required' }],
    latency_ms: 1000,
    result: { answer: 'It is on its way.' },
    spans: [
      { name: 'check question', type: 'guardrail', for_ms: 100, output: { passed: true } },
      { name: 'find order', type: 'tool', after_ms: 100, for_ms: 200, output: { order: 4711, state: 'sent' } },
      {
        ...{ name: 'answer', type: 'llm', after_ms: 300, for_ms: 600, model: 'demo-small', provider: 'demo' },
        ...{ usage: { prompt_tokens: 120, completion_tokens: 9, total_tokens: 129 }, cost: 0.000_156 },
      },
    ],
  },
  'answer-question': {
    description: 'Answers by the prompt `answer`: in production, or the draft that the job brings.',
    params: [{ name: 'question', type: 'string', presence: 'required' }],
    handler: async ({ inputs, log, prompt, span }) => {
      const { template = '{{question}}', version = 'draft' } = (await prompt('answer', IN_PRODUCTION)) ?? {}
      log(`prompt ${version}`)
      const question = textAt(inputs, 'question')
      const text = template.replaceAll('{{question}}', question)
      span({ name: 'complete', type: 'llm', input: { prompt: text } }).end({ output: { text: 'Yes.' } })
      return { answer: 'Yes.', prompt: text, version }
    },
  },
  'until-cancelled': { description: 'Works until somebody cancels it.', timeout: DAY_S, times_out: true },
  'too-slow': { description: 'Is not done in its time, which is two seconds.', timeout: 2, times_out: true },
  'huge-result': {
    description: 'Answers with three thousand rows.',
    result: { rows: Array.from({ length: 3000 }, (_, at) => ({ row: at + 1, text: 'x'.repeat(100) })) },
  },
  'long-logs': {
    description: 'Writes three thousand lines in three seconds.',
    logs: Array.from({ length: 3000 }, (_, at) => ({
      ...{ after_ms: at, text: `line ${at + 1} of 3000` },
      stream: at % 10 === 9 ? ('stderr' as const) : ('stdout' as const),
    })),
  },
}

const IN_PRODUCTION = { environment: 'production' }

type PageRunner = NonNullable<PageState['runners']>[number]

/** An endpoint runner. */
function laptop(agents: readonly string[], more: Partial<PageRunner> = {}): PageRunner {
  return { name: 'laptop', agents, ...more }
}

const workstation: PageRunner = { name: 'workstation', type: 'connect', files: { 'README.md': '# A project\n' } }

/** One that has got a job for its agent. */
function worker(agent: string, inputs: unknown = {}): PageRunner {
  return laptop([agent], { jobs: [{ inputs }] })
}

function manySpans(): ScriptedSpan[] {
  return Array.from({ length: 10 }, (_, round) => {
    const turn = `round ${round + 1}`
    const phases = Array.from({ length: 3 }, (_unused, phase): ScriptedSpan[] => {
      const name = `${turn}, phase ${phase + 1}`
      const begin = round * 6000 + phase * 2000
      const calls = Array.from({ length: 9 }, (_none, at): ScriptedSpan => {
        const isModel = at % 3 === 0
        const usage = { prompt_tokens: 300 + at, completion_tokens: 40, total_tokens: 340 + at }
        const spent = isModel ? { model: 'demo-small', provider: 'demo', usage, cost: 0.0004 } : {}
        const times = { after_ms: begin + at * 200, for_ms: 190 }
        return { name: `call ${at + 1}`, type: isModel ? 'llm' : 'tool', inside: name, ...times, ...spent }
      })
      return [{ name, inside: turn, after_ms: begin, for_ms: 2000 }, ...calls]
    })
    return [{ name: turn, after_ms: round * 6000, for_ms: 6000 }, ...phases.flat()].slice(0, 30)
  }).flat()
}

const prompts: readonly ScenarioPrompt[] = [
  {
    ...{ name: 'answer', description: 'How questions are answered.', tags: ['support'] },
    versions: [
      { template: 'Answer: {{question}}', change_description: 'First.', environments: ['production'] },
      { template: 'Answer in one sentence: {{question}}', environments: ['staging'] },
      { template: 'Answer yes or no: {{question}}', change_description: 'Shorter.', environments: ['development'] },
      { template: 'Answer as a pirate: {{question}}', version_type: 'mask' },
    ],
  },
  {
    ...{ name: 'greeting', template_structure: 'chat' },
    versions: [
      { template: JSON.stringify([{ role: 'system', content: 'You greet.' }]) },
      {
        template: JSON.stringify([
          { role: 'system', content: 'You greet.' },
          { role: 'user', content: 'I am {{name}}.' },
        ]),
      },
    ],
  },
]

/** Conversations in each environment and in none, judged and commented on. */
function judged(): ScenarioTrace[] {
  const environments = ['development', 'staging', 'production', undefined]
  return Array.from({ length: 12 }, (_, at): ScenarioTrace => {
    const environment = environments[at % 4]
    return {
      ...{ name: 'answer-question', thread_id: `chat ${(at % 3) + 1}`, ago_ms: (12 - at) * 600_000, for_ms: 1500 },
      ...{ input: { question: `Question ${at + 1}` }, output: { answer: at % 5 === 0 ? 'No.' : 'Yes.' } },
      ...(environment === undefined ? {} : { environment }),
      scores: { relevance: at / 12, ...(at % 2 === 0 ? { politeness: 1 } : {}) },
      ...(at % 4 === 0 ? { comments: ['Check this one.', 'Fine by me.'] } : {}),
      spans: [{ name: 'complete', type: 'llm', for_ms: 1200, model: 'demo-small', provider: 'demo' }],
    }
  })
}

function troubled(): ScenarioTrace[] {
  const errors = ['TimeoutError: no answer within 30 s', undefined, 'KeyError: order']
  return Array.from({ length: 9 }, (_, at): ScenarioTrace => {
    const error = errors[at % 3]
    const run = { name: 'order-status', ago_ms: (9 - at) * 600_000, input: { order: 4711 + at } }
    return error === undefined ? { ...run, output: { state: 'sent' } } : { ...run, error }
  })
}

function versions(): ScenarioBlueprint[] {
  const pointed = new Map([
    [12, 'dev'],
    [11, 'staging'],
    [9, 'prod'],
  ])
  return Array.from({ length: 12 }, (_, at): ScenarioBlueprint => {
    const env = pointed.get(at + 1)
    return {
      description: `change ${at + 1}`,
      values: [
        { key: 'model', value: at < 6 ? 'demo-small' : 'demo-large', type: 'string' },
        { key: 'temperature', value: (at / 10).toFixed(1), type: 'float' },
        { key: 'max_tokens', value: String(128 * (at + 1)), type: 'integer' },
        { key: 'stream', value: String(at % 2 === 0), type: 'boolean' },
      ],
      ...(env === undefined ? {} : { envs: [env] }),
    }
  })
}

/** By the names of their projects, in the order of their ids. */
const states: Readonly<Record<string, PageState>> = {
  'No runner': { shows: 'how to pair a runner' },
  'Waiting for pairing': {
    shows: 'a session that waits for ten minutes; `serve` prints its link',
    sessions: [{ ttl_seconds: 600 }],
  },
  'One agent': { shows: 'a connected endpoint runner', runners: [laptop(['order-status'])] },
  'Many agents': {
    shows: 'agents with inputs of every type, needed or not',
    runners: [laptop(['every-input', ...Object.keys(demoAgents)])],
  },
  'No agents': { shows: 'a connected endpoint runner that has registered nothing', runners: [laptop([])] },
  'Connect runner': { shows: 'a runner for bridge commands alone', runners: [workstation] },
  'Both runners': { shows: 'one of each type', runners: [laptop(['order-status']), workstation] },
  Lapsed: {
    shows: 'a runner whose heartbeat has ended',
    runners: [laptop(['order-status'], { status: 'disconnected' })],
  },
  Flapping: {
    shows: 'a runner that comes and goes, each within a minute',
    runners: [laptop(['order-status'], { simulate: 'flapping' })],
  },
  'Queue full': {
    shows: 'a runner that takes nothing, with as many jobs as may wait: one more is 429',
    runners: [laptop(['order-status'], { simulate: 'heartbeat', jobs: Array.from({ length: 100 }, () => ({})) })],
  },
  'Job running': { shows: 'a job whose trace grows', runners: [worker('long-work')] },
  'Job completed': { shows: 'a result', runners: [worker('order-status', { question: 'Where is my order?' })] },
  'Job failed': { shows: 'an error', runners: [worker('always-fails')] },
  'Job cancelled': {
    shows: 'a job that was stopped',
    runners: [laptop(['until-cancelled'], { jobs: [{ status: 'cancelled' }] })],
  },
  'Job timed out': { shows: 'a job that was not done in time', runners: [worker('too-slow')] },
  'Huge result': { shows: 'a result of three thousand rows', runners: [worker('huge-result')] },
  'Long logs': { shows: 'three thousand lines', runners: [worker('long-logs')] },
  'Many spans': {
    shows: 'a trace with 300 spans',
    page: 'traces?tab=logs&logsType=traces',
    traces: [
      { name: 'deep work', input: { task: 'all of it' }, output: { done: true }, for_ms: 60_000, spans: manySpans() },
    ],
  },
  Prompts: {
    shows: 'prompts with versions, environments and a draft; in 2.0 a configuration of twelve versions',
    page: 'prompts',
    runners: [laptop(['answer-question', 'summarize'])],
    blueprints: versions(),
    prompts,
    traces: judged().slice(0, 4),
  },
  'Scores and comments': {
    shows: 'traces of each environment, with scores and comments, in three threads',
    page: 'traces?tab=logs&logsType=traces',
    traces: judged(),
  },
  Diagnostics: {
    shows: 'two issues that diagnostics have found in failed traces',
    page: 'diagnostics',
    traces: troubled(),
    diagnostics: true,
  },
}

function idAt(place: number): string {
  return `0190b8d6-c000-7000-8000-${String(place + 1).padStart(12, '0')}`
}

/** The states in order: their projects, what each shows, and the path of its page in the web app. */
export const playgroundPages: readonly { readonly project: string; readonly shows: string; readonly path: string }[] =
  Object.entries(states).map(([project, { shows, page = 'agent-playground' }], place) => ({
    ...{ project, shows, path: `/default/projects/${idAt(place)}/${page}` },
  }))

export function createPlayground(auth: AuthMode = 'open'): Scenario {
  const owner = firstOwner(auth)
  const entries = Object.entries(states)
  const all = <Part extends object>(part: (state: PageState) => readonly Part[] | undefined) =>
    entries.flatMap(([project, state]) =>
      (part(state) ?? []).map((each): Owned<Part> => ({ ...each, project, ...owner })),
    )
  return {
    ...{ name: 'playground', agents },
    projects: entries.map(([name, { diagnostics = false }], place) => ({
      ...{ name, id: idAt(place), diagnostics },
      ...owner,
    })),
    runners: all(({ runners }) => runners),
    sessions: all(({ sessions }) => sessions),
    traces: all(({ traces }) => traces),
    blueprints: all(({ blueprints }) => blueprints),
    prompts: all(({ prompts: those }) => those),
  }
}

type Owned<Part> = Part & ScenarioOwner & { project: string }
