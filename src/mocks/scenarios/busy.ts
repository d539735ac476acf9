// The `busy` scenario: fifty projects, and the two thousand traces and forty thousand spans of a week. Projects, a runner and
// its latest jobs are there at once; traces and spans are made from the seed on the first request for them.
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER, type AuthMode } from '../base/identity.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import type { Entry } from '../world/collection.js'
import { demoAgents, firstOwner } from './demo.js'
import type { FoundScenario } from './scenario.js'
import { toIso } from '../../kernel/instant.js'

const PROJECTS = 50
const TRACES = 2000
const SPANS_PER_TRACE = 20
const WEEK_MS = 7 * 86_400_000

const AGENTS = ['support', 'research', 'billing', 'summarize', 'triage']
const QUESTIONS = ['Where is my order?', 'Why was I charged twice?', 'What changed in May?', 'Who can see this?']
const MODELS = [
  { model: 'demo-small', provider: 'demo' },
  { model: 'demo-large', provider: 'demo' },
]

/** @param seed decides all that differs from trace to trace */
export function createBusy(seed: number, auth: AuthMode = 'open'): FoundScenario {
  const owner = firstOwner(auth)
  const names = Array.from({ length: PROJECTS - 1 }, (_, at) => `Team ${String(at + 1).padStart(2, '0')}`)
  const statuses = ['completed', 'completed', 'failed', 'cancelled', 'completed'] as const
  const jobs = range(40).map((at) => ({ inputs: { message: `run ${at + 1}` }, status: pick(statuses, at) }))
  const runner = { name: 'busy-laptop', agents: Object.keys(demoAgents), jobs, ...owner }
  return {
    scenario: {
      ...{ name: 'busy', agents: demoAgents },
      ...{ projects: names.map((name) => ({ name, ...owner })), runners: [runner] },
    },
    fill(world) {
      const caller = createIdentity(owner.workspace ?? DEFAULT_WORKSPACE, LOCAL_USER)
      const { projects, traces, spans } = world.collections
      const projectIds = [DEFAULT_PROJECT, ...names].map((name) =>
        String(projects.findBy(caller, 'name', name)?.['id']),
      )
      const week: Week = { seed, projectIds, end: world.now() }
      traces.addLater(caller, () => range(TRACES).map((place) => traceOf(runAt(place, week))))
      spans.addLater(caller, () => makeSpans(week))
    },
  }
}

interface Week {
  readonly seed: number
  readonly projectIds: readonly string[]
  readonly end: number
}

type Run = ReturnType<typeof runAt>

/** The same each time: a trace and its spans are made at different times. */
function runAt(place: number, { seed, projectIds, end }: Week) {
  const random = createRandom(seed + place)
  const begin = end - WEEK_MS + Math.floor(((place + random.next()) * WEEK_MS) / TRACES) - 60_000
  return {
    ...{ place, begin, length: 500 + random.below(30_000), hasFailed: random.below(12) === 0 },
    // Gives the id of the trace, and then those of its spans.
    ids: createIdSource(seed + place),
    // Some projects are busier than others.
    projectId: projectIds[Math.floor(projectIds.length * random.next() ** 2)] ?? '',
  }
}

function traceOf({ ids, place, projectId, begin, length, hasFailed }: Run): Entry {
  const question = pick(QUESTIONS, place)
  return {
    ...{ id: ids.next(begin), project_id: projectId, name: pick(AGENTS, place), source: 'sdk' },
    ...{ start_time: toIso(begin), end_time: toIso(begin + length), input: { question } },
    ...(hasFailed ? { error_info: FAILURE } : { output: { answer: `Answer ${place + 1}.` } }),
    ...{ metadata: { run: place + 1, release: `1.${place % 9}` }, tags: [place % 3 === 0 ? 'slow-path' : 'quick'] },
    ...(place % 4 === 0 ? {} : { thread_id: `talk-${Math.floor(place / 5)}` }),
    ...stamps(begin + length),
  }
}

/** Of each trace the agent, its four phases, and the calls in them. Written plainly: there are many. */
function* makeSpans(week: Week): Iterable<Entry> {
  for (let place = 0; place < TRACES; place++) {
    const { ids, projectId: project_id, begin, length, hasFailed } = runAt(place, week)
    const trace_id = ids.next(begin)
    const root = ids.next(begin)
    const shared = { trace_id, project_id, source: 'sdk', ...stamps(begin + length) }
    const agent = { name: pick(AGENTS, place), type: 'general' }
    yield { id: root, ...agent, start_time: toIso(begin), end_time: toIso(begin + length), ...shared }
    const step = Math.floor(length / SPANS_PER_TRACE)
    let phase = root
    for (let at = 1; at < SPANS_PER_TRACE; at++) {
      const id = ids.next(begin)
      const start_time = toIso(begin + at * step)
      if (at % PHASE === 1) {
        const name = `phase ${1 + (at - 1) / PHASE}`
        const end_time = toIso(begin + Math.min((at + PHASE) * step, length))
        yield { id, name, type: 'general', parent_span_id: root, start_time, end_time, ...shared }
        phase = id
        continue
      }
      const end_time = toIso(begin + (at + 1) * step)
      const call = { id, parent_span_id: phase, start_time, end_time, ...shared }
      if (at % 2 === 0) yield { name: 'complete', type: 'llm', ...call, ...spendingOf(place * 7 + at * 13, place) }
      else if (hasFailed && at === SPANS_PER_TRACE - 1)
        yield { name: 'look up', type: 'tool', ...call, error_info: FAILURE }
      else yield { name: 'look up', type: 'tool', ...call }
    }
  }
}

/** Spans of a phase, itself included. */
const PHASE = 5
const FAILURE = {
  exception_type: 'TimeoutError',
  message: 'the tool did not answer',
  traceback: 'TimeoutError: the tool did not answer',
}

function spendingOf(dice: number, place: number): Entry {
  const prompt_tokens = 50 + (dice % 900)
  const completion_tokens = prompt_tokens >> 2
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
  return { ...pick(MODELS, place), usage, total_estimated_cost: prompt_tokens / 500_000 }
}

function stamps(at: number): Entry {
  const [time, user] = [toIso(at), LOCAL_USER]
  return { created_at: time, created_by: user, last_updated_at: time, last_updated_by: user }
}

function pick<Item>(items: readonly Item[], place: number): Item {
  const item = items[place % items.length]
  if (item === undefined) throw new Error('There is nothing to pick from.')
  return item
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at)
}
