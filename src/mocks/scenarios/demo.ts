/** The `demo` scenario: one connected runner on the default project with five agents, alive and ready for jobs. */
import type { SpanEnd, ScenarioOwner } from '../../generated/kit-schema.js'
import type { AuthMode } from '../base/identity.js'
import type { Scenario } from './scenario.js'
import { memberOf, textOf } from '../../kernel/json-value.js'

const MODEL = { model: 'demo-small', provider: 'demo' }

/** What a call of the model took, at made-up prices. */
function costOf(prompt: number, completion: number): Pick<SpanEnd, 'usage' | 'cost'> {
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return { usage, cost: (prompt + 4 * completion) / 1_000_000 }
}

/** Agents of the demo, each showing one thing that a frontend must handle. */
export const demoAgents: NonNullable<Scenario['agents']> = {
  echo: {
    description: 'Answers with its inputs.',
    params: [{ name: 'message', type: 'string', presence: 'required' }],
    handler: ({ inputs, log }) => {
      log('echoing the inputs')
      return { echo: inputs ?? null }
    },
  },
  summarize: {
    description: 'Shortens a text; shows parameters of several types, and what a configuration changes.',
    params: [
      { name: 'text', type: 'string', presence: 'required' },
      { name: 'max_words', type: 'integer', presence: 'optional' },
      { name: 'temperature', type: 'float', presence: 'optional' },
      { name: 'upper_case', type: 'boolean', presence: 'optional' },
    ],
    handler: async ({ inputs, job, log, span, configuration }) => {
      const { values = {}, masked = {}, version } = (await configuration()) ?? {}
      const blueprint = version ?? job.blueprint_name
      const text = textOf(memberOf(inputs, 'text')) ?? JSON.stringify(inputs ?? '')
      const words = text.split(/\s+/).filter((word) => word !== '')
      log(`read ${words.length} words`)
      const model = span({ name: 'complete', type: 'llm', input: { prompt: `Shorten: ${text}` }, ...MODEL })
      const summary = words.slice(0, numberOf({ ...values, ...Object(inputs) }, 'max_words', 12)).join(' ')
      model.end({ output: { text: summary }, ...costOf(words.length + 2, summary.split(' ').length) })
      const shown = memberOf({ ...values, ...Object(inputs) }, 'upper_case') === true ? summary.toUpperCase() : summary
      return {
        ...{ summary: shown, words: words.length },
        ...(blueprint === undefined ? {} : { blueprint }),
        ...(Object.keys(masked).length === 0 ? {} : { masked }),
      }
    },
  },
  'slow-report': {
    description: 'Works for a while and logs as it goes; can be cancelled.',
    params: [{ name: 'steps', type: 'integer', presence: 'optional' }],
    timeout: 120,
    handler: async ({ inputs, log, sleep }) => {
      const steps = Math.min(Math.max(numberOf(inputs, 'steps', 5), 1), 100)
      for (let step = 1; step <= steps; step++) {
        log(`step ${step} of ${steps}`)
        if (!(await sleep(600))) {
          log('cancelled, stopping', 'stderr')
          break
        }
      }
      return { steps }
    },
  },
  research: {
    description: 'Thinks for 20 s; its trace and spans grow meanwhile.',
    params: [{ name: 'question', type: 'string', presence: 'required' }],
    timeout: 120,
    handler: async ({ inputs, log, sleep, span }) => {
      const question = textOf(memberOf(inputs, 'question')) ?? 'What is known?'
      const guard = span({ name: 'check question', type: 'guardrail', input: { question } })
      await sleep(1000)
      guard.end({ output: { passed: true } })
      const plan = span({ name: 'plan', input: { question } })
      const sources: string[] = []
      for (const topic of ['background', 'figures', 'objections']) {
        log(`looking for ${topic}`)
        const search = plan.span({ name: 'search', type: 'tool', input: { query: `${topic}: ${question}` } })
        if (!(await sleep(3000))) return { answer: null, sources }
        sources.push(`${topic}.txt`)
        search.end({ output: { found: sources.at(-1) } })
      }
      plan.end({ output: { sources } })
      const answer = `Found in ${sources.length} sources.`
      for (const step of ['draft', 'review']) {
        const model = span({ name: step, type: 'llm', input: { question, sources }, ...MODEL })
        if (!(await sleep(5000))) return { answer: null, sources }
        model.end({ output: { text: answer }, ...costOf(1200, 240) })
      }
      return { answer, sources }
    },
  },
  'always-fails': {
    description: 'Fails after a line on stderr.',
    handler: ({ log, span }) => {
      log('about to fail', 'stderr')
      span({ name: 'look up', type: 'tool' })
      throw new TypeError('this agent always fails')
    },
  },
}

/**
 * The scenario. Its runner belongs to the caller without a key in the usual workspace; where callers need a key, to the
 * first one of the table in its first workspace.
 * @param isSupervised whether its runner is as `opik endpoint` makes one
 */
export function createDemo(auth: AuthMode = 'open', isSupervised = false): Scenario {
  const own = isSupervised ? { name: 'demo-endpoint', simulate: 'supervised' as const } : { name: 'demo-laptop' }
  const runner = { ...own, agents: Object.keys(demoAgents), ...firstOwner(auth) }
  return { name: isSupervised ? 'endpoint-supervised' : 'demo', agents: demoAgents, runners: [runner] }
}

/** No key in the usual workspace; where callers need one, the first of the table in its first workspace. */
export function firstOwner(auth: AuthMode): ScenarioOwner {
  if (typeof auth === 'string') return {}
  const [[apiKey, entry] = []] = Object.entries(auth)
  const workspace = entry?.workspaces[0]
  return apiKey === undefined || workspace === undefined ? {} : { api_key: apiKey, workspace }
}

function numberOf(inputs: unknown, name: string, otherwise: number): number {
  const value = Number(memberOf(inputs, name) ?? otherwise)
  return Number.isFinite(value) ? Math.floor(value) : otherwise
}
