// Kinds of corruption: what a server that breaks a rule would have answered in place of what was recorded. Each changes
// one answer, the first that it applies to beyond a place.
import { isLong, type RecordedExchange, type Recording } from '../replay/recording.js'

/** What a corruption may look at. */
interface View {
  exchange: RecordedExchange
  /** The exchanges before it. */
  before: readonly RecordedExchange[]
  body: Body
}

type Body = Record<string, unknown> | undefined

/** A kind of corruption. */
export interface Corruption {
  what: string
  change: (view: View) => RecordedExchange | undefined
}

function parse(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return value
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

function answering(exchange: RecordedExchange, body: unknown, status = exchange.status): RecordedExchange {
  const headers = { 'content-type': 'application/json', ...exchange.response?.headers }
  return { ...exchange, ...(status === undefined ? {} : { status }), response: { headers, body: JSON.stringify(body) } }
}

const ID = '[-0-9a-f]{36}'
const on = (method: string, path: string) => {
  const pattern = new RegExp(`/local-runners${path.replaceAll('ID', ID)}$`)
  return ({ exchange }: View) => exchange.method === method && pattern.test(exchange.path)
}

const is = {
  job: on('GET', '/jobs/ID'),
  logs: on('GET', '/jobs/ID/logs'),
  jobs: on('GET', '/ID/jobs'),
  runner: on('GET', '/ID'),
  runners: on('GET', '/?'),
  nextJob: on('POST', '/ID/jobs/next'),
  createJob: on('POST', '/jobs'),
  cancel: on('POST', '/jobs/ID/cancel'),
  result: on('POST', '/jobs/ID/results'),
  append: on('POST', '/jobs/ID/logs'),
  beat: on('POST', '/ID/heartbeats'),
  agents: on('PUT', '/ID/agents'),
  command: on('GET', '/ID/bridge/commands/ID'),
  submit: on('POST', '/ID/bridge/commands'),
  nextCommands: on('POST', '/ID/bridge/commands/next'),
  report: on('POST', '/ID/bridge/commands/ID/results'),
  goodbye: on('DELETE', '/ID'),
  checklist: on('PATCH', '/ID/checklist'),
}

/** Nothing that anything applies to. */
const NONE: RecordedExchange = { id: 0, at_start_ns: 0, at_end_ns: 0, method: '', path: '', request: { headers: {} } }

const STRANGE = '0190babc-62a0-71d2-832a-0feffa467600'

/** Changes fields of a body. */
function field(
  matches: (view: View) => boolean,
  change: (body: Record<string, unknown>, view: View) => Body,
  status = 200,
) {
  return (view: View): RecordedExchange | undefined => {
    if (!matches(view) || view.exchange.status !== status || view.body === undefined) return undefined
    const changed = change(view.body, view)
    return changed === undefined ? undefined : answering(view.exchange, changed)
  }
}

/** Answers with another status. */
function status(
  matches: (view: View) => boolean,
  from: number,
  to: number,
  body: unknown = { code: to, message: 'no' },
) {
  return (view: View): RecordedExchange | undefined => {
    if (!matches(view) || view.exchange.status !== from) return undefined
    if (to === 204) return { ...view.exchange, status: 204, response: { headers: {} } }
    return answering(view.exchange, body, to)
  }
}

const isStatus = (body: Record<string, unknown>, ...statuses: string[]) => statuses.includes(String(body['status']))

/** Whether an earlier read of the same thing has shown it in one of these states. */
function wasSeen({ before, exchange }: View, ...statuses: string[]): boolean {
  return before.some((each) => {
    const body = each.path === exchange.path && each.method === 'GET' ? objectOf(parse(each.response?.body)) : undefined
    return body !== undefined && isStatus(body, ...statuses)
  })
}

const without = (body: Record<string, unknown>, ...names: string[]): Body =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))

function content(body: Record<string, unknown>): Record<string, unknown>[] {
  const list = body['content']
  return Array.isArray(list) ? list.map((each: unknown) => objectOf(each) ?? {}) : []
}

/** The answer of an earlier exchange of the same kind. */
function earlier(view: View, fits: (body: Record<string, unknown>) => boolean): Body {
  const { exchange, before } = view
  const all = before.filter((each) => each.path === exchange.path && each.method === exchange.method)
  return all.map((each) => objectOf(parse(each.response?.body))).findLast((body) => body !== undefined && fits(body))
}

const commandsOf = (body: Record<string, unknown>): unknown[] =>
  Array.isArray(body['commands']) ? body['commands'] : []

const later = (exchange: RecordedExchange, seconds: number): RecordedExchange => ({
  ...exchange,
  at_end_ns: exchange.at_end_ns + seconds * 1e9,
})

/** Another value of the same kind. */
function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'string') return value.length === STRANGE.length ? STRANGE : 'nobody'
  return Array.isArray(value) ? value.slice(1) : { of: 'nobody' }
}

/** Another list in place of a log. */
const log = (edit: (lines: unknown[]) => unknown[]) => (view: View) => {
  const lines = is.logs(view) ? parse(view.exchange.response?.body) : undefined
  return Array.isArray(lines) && lines.length > 0 ? answering(view.exchange, edit(lines)) : undefined
}

/** Fields that are shown changed, by the reads that show them. */
const SHOWN = {
  job: ['result', 'inputs', 'trace_id', 'runner_id', 'agent_name', 'timeout'],
  jobs: ['total', 'page'],
  runner: ['name', 'agents', 'capabilities'],
  command: ['args', 'result'],
} as const
const shown = Object.entries(SHOWN).flatMap(([of, names]) =>
  names.map((name) => [
    `${name} of a ${of} is another`,
    field(is[of as keyof typeof SHOWN], (body) =>
      name in body ? { ...body, [name]: another(body[name]) } : undefined,
    ),
  ]),
)

/** All kinds. Other statuses in place of a success are planted by planted-statuses.test.ts. */
export const corruptions: readonly Corruption[] = Object.entries({
  ...(Object.fromEntries(shown) as Record<string, Corruption['change']>),
  'a line of log is lost': log((lines) => lines.slice(0, -1)),
  'a line of log comes twice': log((lines) => [...lines, ...lines.slice(-1)]),
  'a line of log is another': log((lines) => lines.with(0, { ...objectOf(lines[0]), text: 'of nobody' })),
  'a job is handed out twice': (view: View) => {
    const body =
      is.nextJob(view) && view.exchange.status === 200 ? earlier(view, (each) => each['id'] !== undefined) : undefined
    return body === undefined || body['id'] === view.body?.['id'] ? undefined : answering(view.exchange, body)
  },
  'a job that never was is handed out': field(is.nextJob, (body) => ({ ...body, id: STRANGE })),
  'a poll gets nothing at once': (view: View) =>
    is.nextJob(view) && view.body !== undefined && view.exchange.status === 200
      ? answering(view.exchange, null)
      : undefined,
  'a job wakes its poll late': (view: View) =>
    is.nextJob(view) && view.body !== undefined && view.exchange.status === 200 ? later(view.exchange, 4) : undefined,
  'a handed-out job is still pending': field(is.nextJob, (body) =>
    isStatus(body, 'running') ? without({ ...body, status: 'pending' }, 'started_at') : undefined,
  ),
  'a status goes back to running': field(is.job, (body, view) =>
    isStatus(body, 'completed', 'failed') && wasSeen(view, 'completed', 'failed')
      ? without({ ...body, status: 'running' }, 'completed_at')
      : undefined,
  ),
  'a status goes back to pending': field(is.job, (body) =>
    isStatus(body, 'running') ? without({ ...body, status: 'pending' }, 'started_at') : undefined,
  ),
  'a pending job is shown completed': field(is.job, (body) =>
    isStatus(body, 'pending') ? { ...body, status: 'completed', completed_at: body['created_at'] } : undefined,
  ),
  'a cancelled job is shown failed': field(is.job, (body) =>
    isStatus(body, 'cancelled') ? { ...body, status: 'failed' } : undefined,
  ),
  'a job was created at another time': field(is.job, (body, view) =>
    wasSeen(view, 'pending', 'running', 'completed', 'failed', 'cancelled')
      ? { ...body, created_at: '2020-01-01T00:00:00Z' }
      : undefined,
  ),
  'a job that is not there is shown': (view: View) => {
    const { exchange, before } = view
    const shown = before.map((each) =>
      is.job({ ...view, exchange: each }) && each.status === 200 ? objectOf(parse(each.response?.body)) : undefined,
    )
    const body = is.job(view) && exchange.status === 404 ? shown.findLast((each) => each !== undefined) : undefined
    return body === undefined ? undefined : answering(exchange, body, 200)
  },
  'a cancellation is announced that was none': field(is.beat, (body) => {
    const ids = body['cancelled_job_ids']
    return Array.isArray(ids) && ids.length === 0 ? { ...body, cancelled_job_ids: [STRANGE] } : undefined
  }),
  'a cancellation is announced twice': (view: View) => {
    const ids = (body: Body): unknown[] => (Array.isArray(body?.['cancelled_job_ids']) ? body['cancelled_job_ids'] : [])
    const told = is.beat(view) && view.exchange.status === 200 ? ids(earlier(view, (body) => ids(body).length > 0)) : []
    return told.length === 0 || ids(view.body).length > 0
      ? undefined
      : answering(view.exchange, { cancelled_job_ids: told })
  },
  'a cancellation is not announced': field(is.beat, (body) => {
    const ids = body['cancelled_job_ids']
    return Array.isArray(ids) && ids.length > 0 ? { ...body, cancelled_job_ids: [] } : undefined
  }),
  'a heartbeat of a runner that is gone is taken': status(is.beat, 410, 200, { cancelled_job_ids: [] }),
  'a creation without a runner is taken': (view: View) => {
    if (!is.createJob(view) || view.exchange.status !== 404) return undefined
    return {
      ...view.exchange,
      status: 201,
      response: { headers: { location: `http://127.0.0.1/v1/private/local-runners/jobs/${STRANGE}` } },
    }
  },
  'an id is given twice': (view: View) => {
    const made = view.before.findLast((each) => is.createJob({ ...view, exchange: each }) && each.status === 201)
    if (made?.response === undefined || !is.createJob(view) || view.exchange.status !== 201) return undefined
    return { ...view.exchange, response: made.response }
  },
  'a page skips one': field(is.jobs, (body) => {
    const list = content(body)
    return list.length < 2 ? undefined : { ...body, content: list.slice(1), total: Number(body['total']) - 1 }
  }),
  'a page is oldest first': field(is.jobs, (body) => {
    const list = content(body)
    const isSpread = list.length > 2 && list[0]?.['created_at'] !== list.at(-1)?.['created_at']
    return isSpread ? { ...body, content: list.toReversed() } : undefined
  }),
  'a checklist is one that nobody wrote': field(is.runner, (body) => ({ ...body, checklist: { of: 'nobody' } })),
  'a runner is said to be silent that is not': field(is.runner, (body) =>
    isStatus(body, 'connected') ? { ...body, status: 'disconnected', agents: [] } : undefined,
  ),
  'a runner that is not there is shown': (view: View) => {
    const body = is.runner(view) && view.exchange.status === 404 ? earlier(view, (each) => 'id' in each) : undefined
    return body === undefined ? undefined : answering(view.exchange, body, 200)
  },
  'a list leaves a runner out': field(is.runners, (body) => {
    const list = content(body)
    return list.length === 0 || list.length !== body['total']
      ? undefined
      : { ...body, content: list.slice(1), total: list.length - 1 }
  }),
  'a list shows a stranger’s runner': field(is.runners, (body) => {
    const list = content(body)
    return list.length === 0 ? undefined : { ...body, content: [{ ...list[0], project_id: STRANGE }, ...list.slice(1)] }
  }),
  'a command is handed out twice': (view: View) => {
    const body =
      is.nextCommands(view) && view.exchange.status === 200
        ? earlier(view, (each) => commandsOf(each).length > 0)
        : undefined
    return body === undefined ? undefined : answering(view.exchange, body)
  },
  'a batch leaves the oldest out': field(is.nextCommands, (body) =>
    commandsOf(body).length > 1 ? { commands: commandsOf(body).slice(1) } : undefined,
  ),
  'a batch comes newest first': field(is.nextCommands, (body) =>
    commandsOf(body).length > 1 ? { commands: commandsOf(body).toReversed() } : undefined,
  ),
  'a batch is empty at once': field(is.nextCommands, (body) =>
    commandsOf(body).length > 0 ? { commands: [] } : undefined,
  ),
  'a command wakes its poll late': (view: View) =>
    is.nextCommands(view) && commandsOf(view.body ?? {}).length > 0 ? later(view.exchange, 4) : undefined,
  'a command goes back to pending': field(is.command, (body) =>
    isStatus(body, 'picked_up', 'completed', 'failed')
      ? without({ ...body, status: 'pending' }, 'picked_up_at', 'completed_at', 'result', 'error', 'duration_ms')
      : undefined,
  ),
  'a pending command is shown completed': field(is.command, (body) =>
    isStatus(body, 'pending')
      ? { ...body, status: 'completed', completed_at: body['submitted_at'], result: 1 }
      : undefined,
  ),
  'a second report is taken': status(is.report, 409, 204),
  'a job was started before it was there': field(is.job, (body) =>
    'started_at' in body ? { ...body, started_at: '2020-01-01T00:00:00Z' } : undefined,
  ),
  'a command was picked up before it was there': field(is.command, (body) =>
    'picked_up_at' in body ? { ...body, picked_up_at: '2020-01-01T00:00:00Z' } : undefined,
  ),
  'a poll of a runner that is gone gets nothing': status(is.nextJob, 404, 200, null),
  'a checklist that is none is taken': status(is.checklist, 400, 204),
  'a report of a wrong type is taken': (view: View) =>
    status(
      is.result,
      400,
      204,
    )(/"error":\{/.test(view.exchange.request.body ?? '') ? view : { ...view, exchange: NONE }),
  'a body that is missing is taken': (view: View) =>
    status(is.agents, 422, 204)(view.exchange.request.body === 'null' ? view : { ...view, exchange: NONE }),
  'a declared status is none': (view: View) =>
    is.job(view) && view.exchange.status === 200 ? { ...view.exchange, status: 202 } : undefined,
  'a field is null': field(is.job, (body) => ('trace_id' in body ? undefined : { ...body, trace_id: null })),
  'a required field is missing': field(is.job, (body) => without(body, 'status')),
  'the server fails': status(is.job, 200, 500, { code: 500, message: 'oops' }),
}).map(([what, change]) => ({ what, change }))

/** All of them in CI; every third says most of it. */
export const corruptionsToTry = corruptions.filter((_, place) => isLong || place % 3 === 0)

/** A recording with one answer changed, and which; undefined where there is nothing to change. */
export function corrupt(
  { header, exchanges }: Recording,
  { change }: Corruption,
  from = 0,
): { recording: Recording; id: number } | undefined {
  for (const [place, exchange] of exchanges.entries()) {
    if (place < from || exchange.response === undefined) continue
    const view = { exchange, before: exchanges.slice(0, place), body: objectOf(parse(exchange.response.body)) }
    const changed = change(view)
    if (changed !== undefined && JSON.stringify(changed) !== JSON.stringify(exchange))
      return { recording: { header, exchanges: exchanges.with(place, changed) }, id: exchange.id }
  }
  return undefined
}
