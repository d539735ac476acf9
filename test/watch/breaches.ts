// Kinds of breaches: what a client that breaks a rule of conduct would have done next, after something that was recorded.
// Each cuts a recording off and goes on by itself.
import { objectsOf } from '../../src/kernel/json-value.js'
import type { RecordedExchange, Recording } from '../replay/recording.js'

/** A kind of breach. */
export interface BreachKind {
  what: string
  /** The rule that it breaks. */
  rule: string
  /** What follows the first exchange that it applies to; undefined for one that it does not. */
  goOn: (at: Place) => readonly RecordedExchange[] | undefined
}

/** An exchange, and what can be said after it. */
interface Place {
  exchange: RecordedExchange
  base: string
  /** Jobs and commands that were handed out before and have not been reported, with the path of their reports. */
  tasks: readonly { id: string; results: string; runner: string }[]
  /** Makes an exchange so many milliseconds after the end of this one, as the same caller. */
  call: (afterMs: number, method: string, path: string, answer: Answer, sent?: unknown) => RecordedExchange
}

interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
  /** Milliseconds. */
  takes?: number
}

const ID = '[-0-9a-f]{36}'
const STRANGE = '0190babc-62a0-71d2-832a-0feffa467600'
const NOTHING: Answer = { status: 204 }

function pathOf(place: Place, method: string, pattern: string, ...statuses: number[]): string | undefined {
  const { exchange, base } = place
  const found = new RegExp(`/local-runners${pattern.replaceAll('ID', ID)}$`).test(exchange.path)
  if (!found || exchange.method !== method || !statuses.includes(exchange.status ?? 0)) return undefined
  return exchange.path.slice(base.length)
}

const parse = (text: string | undefined): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const sentBy = ({ exchange }: Place): Record<string, unknown> => parse(exchange.request.body)
const isEnd = (place: Place): boolean => ['completed', 'failed'].includes(String(sentBy(place)['status']))

/** After a heartbeat that was taken. */
const afterBeat = (goOn: (place: Place, runner: string) => readonly RecordedExchange[]) => (place: Place) => {
  const path = pathOf(place, 'POST', '/ID/heartbeats', 200)
  return path === undefined ? undefined : goOn(place, path.replace('/heartbeats', ''))
}

/** After a report of an end that was taken. */
const afterEnd =
  (pattern: string, goOn: (place: Place, path: string) => readonly RecordedExchange[]) => (place: Place) => {
    const path = pathOf(place, 'POST', pattern, 204)
    return path === undefined || !isEnd(place) ? undefined : goOn(place, path)
  }

/** After something was handed out that is not reported yet. */
const afterHandOut =
  (goOn: (place: Place, task: Place['tasks'][number]) => readonly RecordedExchange[], isOfJobs = false) =>
  (place: Place) => {
    const isHandOut = pathOf(place, 'POST', '/ID/(?:jobs|bridge/commands)/next', 200) !== undefined
    const task = place.tasks.at(-1)
    const isWanted = isHandOut && task !== undefined && (!isOfJobs || task.results.includes('/jobs/'))
    return isWanted && place.exchange.response?.body?.includes(task.id) === true ? goOn(place, task) : undefined
  }

const afterRead =
  (goOn: (place: Place, path: string) => readonly RecordedExchange[], isOver = false) =>
  (place: Place) => {
    const path = pathOf(place, 'GET', '/(?:jobs/ID|ID/bridge/commands/ID)', 200)
    const { status } = parse(place.exchange.response?.body)
    const isRight = !isOver || ['completed', 'failed', 'cancelled'].includes(String(status))
    return path === undefined || !isRight ? undefined : goOn(place, path)
  }

const times = <Item>(count: number, make: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => make(at))

const beat = ({ call }: Place, afterMs: number, runner: string, cancelled: string[] = [], sent?: unknown) =>
  call(afterMs, 'POST', `${runner}/heartbeats`, { status: 200, body: { cancelled_job_ids: cancelled } }, sent)
const poll = ({ call }: Place, afterMs: number, runner: string, answer: Answer = { status: 200, body: null }) =>
  call(afterMs, 'POST', `${runner}/jobs/next`, answer)
const gone = ({ call }: Place, runner: string) =>
  call(5, 'POST', `${runner}/heartbeats`, { status: 410, body: { code: 410, message: 'gone' } })
const report = ({ call }: Place, afterMs: number, path: string, status: string, answer = NOTHING) =>
  call(afterMs, 'POST', path, answer, { status, result: { of: 'nobody' } })
const lines = ({ call }: Place, afterMs: number, results: string) =>
  call(afterMs, 'POST', results.replace(/results$/, 'logs'), NOTHING, [{ stream: 'stdout', text: 'late' }])
const refusal = (status: number, seconds?: number): Answer => ({
  ...{ status, body: { code: status, message: 'no' } },
  ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
})

const JOB_RESULTS = '/jobs/ID/results'
const RESULTS = '/(?:jobs/ID|ID/bridge/commands/ID)/results'

/** All kinds. */
export const breachKinds: readonly BreachKind[] = [
  {
    what: 'a heartbeat is missing while polls go on',
    rule: 'heartbeat/interval',
    goOn: afterBeat((place, runner) =>
      times(5, (at) => poll(place, 100 + at * 10_500, runner, { status: 200, body: null, takes: 10_000 })),
    ),
  },
  {
    what: 'heartbeats come just before the runner is taken for lost',
    rule: 'heartbeat/interval',
    goOn: afterBeat((place, runner) => times(3, (at) => beat(place, 14_000 * (at + 1), runner))),
  },
  {
    what: 'polls go on after 410',
    rule: 'gone/stop',
    goOn: afterBeat((place, runner) => [
      gone(place, runner),
      ...times(5, (at) => poll(place, 4000 * (at + 1), runner, refusal(404))),
    ]),
  },
  {
    what: 'heartbeats go on after 410',
    rule: 'gone/stop',
    goOn: afterBeat((place, runner) => [
      gone(place, runner),
      ...times(4, (at) => place.call(5000 * (at + 1), 'POST', `${runner}/heartbeats`, refusal(410))),
    ]),
  },
  {
    what: 'a refused poll is repeated at once',
    rule: 'backoff/pause',
    goOn: afterBeat((place, runner) => [poll(place, 10, runner, refusal(503)), poll(place, 30, runner)]),
  },
  {
    what: 'a refused report is repeated at once',
    rule: 'backoff/pause',
    goOn: afterHandOut((place, { results }) => [
      report(place, 100, results, 'completed', refusal(429)),
      report(place, 130, results, 'completed'),
    ]),
  },
  {
    what: 'a poll does not wait for Retry-After',
    rule: 'backoff/retry-after',
    goOn: afterBeat((place, runner) => [poll(place, 10, runner, refusal(429, 5)), poll(place, 1500, runner)]),
  },
  {
    what: 'polls spin',
    rule: 'poll/pace',
    goOn: afterBeat((place, runner) => times(8, (at) => poll(place, 10 + 20 * at, runner))),
  },
  {
    what: 'heartbeats spin',
    rule: 'poll/pace',
    goOn: afterBeat((place, runner) => times(8, (at) => beat(place, 10 + 20 * at, runner))),
  },
  {
    what: 'an end is reported twice',
    rule: 'work/once',
    goOn: afterEnd(RESULTS, (place, path) => [report(place, 50, path, 'completed')]),
  },
  {
    what: 'a failure follows a success, or the other way round',
    rule: 'work/once',
    goOn: afterEnd(RESULTS, (place, path) => [
      report(place, 50, path, sentBy(place)['status'] === 'failed' ? 'completed' : 'failed'),
    ]),
  },
  {
    what: 'what is handed out twice is done twice',
    rule: 'work/twice',
    goOn: afterHandOut((place, { results, runner }) => [
      report(place, 50, results, 'completed'),
      place.call(100, 'POST', place.exchange.path.slice(place.base.length), {
        status: 200,
        body: JSON.parse(place.exchange.response?.body ?? 'null'),
      }),
      report(place, 150, results, 'completed'),
      beat(place, 200, runner),
    ]),
  },
  {
    what: 'a task is never reported',
    rule: 'work/reported',
    goOn: afterHandOut((place, { runner }) => times(370, (at) => beat(place, 5000 * at, runner))),
  },
  {
    what: 'a refused result is not sent again',
    rule: 'work/resent',
    goOn: afterHandOut((place, { results, runner }) => [
      report(place, 50, results, 'completed', refusal(503)),
      ...times(4, (at) => beat(place, 5000 * at + 100, runner)),
    ]),
  },
  {
    what: 'a cancelled job succeeds',
    rule: 'job/cancellation',
    goOn: afterHandOut(
      (place, { id, results, runner }) => [beat(place, 50, runner, [id]), report(place, 3000, results, 'completed')],
      true,
    ),
  },
  {
    what: 'cancelled work goes on',
    rule: 'job/stops',
    goOn: afterHandOut(
      (place, { id, results, runner }) => [beat(place, 50, runner, [id]), lines(place, 7000, results)],
      true,
    ),
  },
  {
    what: 'logs follow the result',
    rule: 'job/logs-first',
    goOn: afterEnd(JOB_RESULTS, (place, path) => [lines(place, 50, path)]),
  },
  {
    what: 'a runner declares what its type cannot do',
    rule: 'capabilities/fit',
    goOn: afterBeat((place, runner) => [beat(place, 50, runner, [], { capabilities: ['nothing'] })]),
  },
  {
    what: 'what is not there is polled on',
    rule: 'app/gone',
    goOn: afterRead(({ call }) =>
      times(9, (at) => call(1000 * at + 10, 'GET', `/v1/private/local-runners/jobs/${STRANGE}`, refusal(404))),
    ),
  },
  {
    what: 'what has ended is polled on',
    rule: 'app/ended',
    goOn: afterRead(
      ({ call, exchange }, path) =>
        times(9, (at) => call(1000 * at + 10, 'GET', path, { status: 200, body: parse(exchange.response?.body) })),
      true,
    ),
  },
  {
    what: 'reads spin',
    rule: 'app/pace',
    goOn: afterRead(({ call, exchange }, path) =>
      times(9, (at) => call(20 * at + 10, 'GET', path, { status: 200, body: parse(exchange.response?.body) })),
    ),
  },
  {
    what: 'a refused creation does not wait for Retry-After',
    rule: 'app/retry-after',
    goOn: (place) => {
      const path = pathOf(place, 'POST', '/(?:jobs|ID/bridge/commands)', 201)
      if (path === undefined) return undefined
      const sent = sentBy(place)
      return [50, 1000].map((afterMs) => place.call(afterMs, 'POST', path, refusal(429, 10), sent))
    },
  },
]

const NS_PER_MS = 1e6
/** Ids of what clients do on their own. */
const FIRST_ID = 1_000_000
const MANY = 100

/** A recording that ends with a breach; undefined where there is no place for it. */
export function withBreach(
  { header, exchanges }: Recording,
  { goOn }: BreachKind,
): { recording: Recording; from: number } | undefined {
  const tasks = new Map<string, { id: string; results: string; runner: string }>()
  for (const [at, exchange] of exchanges.entries()) {
    noteTasks(exchange, header.base_path, tasks)
    let id = FIRST_ID
    const call: Place['call'] = (afterMs, method, path, { status, body, headers = {}, takes = 2 }, sent) => ({
      ...{ id: id++, method, path: `${header.base_path}${path}`, status },
      at_start_ns: exchange.at_end_ns + afterMs * NS_PER_MS,
      at_end_ns: exchange.at_end_ns + (afterMs + takes) * NS_PER_MS,
      request: {
        headers: { ...exchange.request.headers, 'content-type': 'application/json' },
        ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      },
      response: {
        headers: { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
    })
    const more = goOn({ exchange, base: header.base_path, tasks: [...tasks.values()], call })
    if (more === undefined) continue
    // What clients owe is judged as the server's usual time to live has it.
    const settings = { ...header.settings, heartbeat_ttl_seconds: 15 }
    const recording = { header: { ...header, settings }, exchanges: [...exchanges.slice(0, at + 1), ...more] }
    // A task that is not reported is proved by its hand-out.
    return { recording, from: more.length > MANY ? exchange.id : FIRST_ID }
  }
  return undefined
}

function noteTasks(
  { path, response, request, status }: RecordedExchange,
  base: string,
  tasks: Map<string, { id: string; results: string; runner: string }>,
): void {
  const local = path.slice(base.length)
  const runner = local.replace(/\/(?:jobs|bridge\/commands)\/next$/, '')
  const body = parse(response?.body)
  if (runner !== local && status === 200) {
    const isJob = local.endsWith('/jobs/next')
    const root = isJob ? '/v1/private/local-runners/jobs' : `${runner}/bridge/commands`
    for (const { id, command_id: commandId } of isJob ? [body] : objectsOf(body['commands'])) {
      const own = isJob ? id : commandId
      if (typeof own === 'string') tasks.set(own, { id: own, runner, results: `${root}/${own}/results` })
    }
  }
  const [, reported] = /([-0-9a-f]{36})\/results$/.exec(local) ?? []
  if (reported !== undefined && /completed|failed/.test(request.body ?? '')) tasks.delete(reported)
}
