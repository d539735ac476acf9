/**
 * The tools on the world of the mock: open one, look at it, move its time; act on it as app, daemon or pairing page, and by
 * faults; and read what clients have asked.
 */
import {
  LookInput,
  MoveTimeInput,
  OpenWorldInput,
  CallOperationInput,
  PairRunnerInput,
  ReadRequestsInput,
  SetFaultsInput,
} from '../../generated/kit-mcp.js'
import { SettingsChange } from '../../generated/kit-page.js'
import { count } from '../../report/report-document.js'
import { expectForm } from '../../kernel/validate-options.js'
import { objectsAt, type JsonObject } from '../../kernel/json-value.js'
import { toLines, ask, type McpSession, defineTool } from './tool.js'
import { toCurl } from '../../report/shown-exchange.js'
import { operations } from '../../kernel/all-operations.js'
import { messageOf } from '../../kernel/errors.js'
import { fillPath, pathParametersOf, toSearch } from '../../kernel/operation.js'
import { connectAgent } from '../../mocks/agents/connect-agent.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import { isFaultDocument } from '../../mocks/engine/faults/faults.js'
import type { GivenRunner } from '../../mocks/given/given-runner.js'
import { demoAgents } from '../../mocks/scenarios/demo.js'

/** Snapshots that are kept; each may be large. */
const MAX_KEPT = 16

export const openWorld = defineTool(
  { name: 'open_world', title: 'Open a world or a snapshot', form: OpenWorldInput, hints: { destructiveHint: true } },
  async (session, { scenario, snapshot, keep_as: name, settings }) => {
    const { kept, mock } = session
    const saved = kept.get(snapshot ?? '')
    if (snapshot !== undefined && (saved === undefined || scenario !== undefined))
      throw new Error(`'snapshot' without 'scenario' must be one of: ${[...kept.keys()].join() || 'none is kept'}.`)
    if (settings !== undefined) expectForm(SettingsChange, settings, "'settings'")
    if (name !== undefined) kept.set(name, mock.snapshot())
    for (const oldest of [...kept.keys()].slice(0, -MAX_KEPT)) kept.delete(oldest)
    const isReset = scenario !== undefined || (name === undefined && settings === undefined)
    if (saved !== undefined) await ask(session, 'PUT /state', saved)
    else if (isReset) await ask(session, 'POST /reset', scenario === undefined ? undefined : { scenario })
    if (settings !== undefined) await ask(session, 'PATCH /settings', settings)
    const did = name === undefined ? '' : `kept the world as "${name}"\n`
    return { text: did + (await overview(session)), next: 'pair_runner, or call_operation with createJob on a runner.' }
  },
)

/** What an overview shows of each list of `GET /world`; undefined: all of it. */
const COLUMNS: Readonly<Record<string, readonly string[] | undefined>> = {
  projects: ['id', 'name'],
  runners: ['id', 'name', 'type', 'status', 'agents', 'project_id'],
  sessions: ['id', 'type', 'is_activated', 'expires_at'],
  jobs: ['id', 'agent_name', 'status'],
  commands: ['id', 'type', 'status'],
  faults: undefined,
}
/** What has an `id` to be shown by. */
const SHOWN = ['runners', 'jobs', 'commands', 'traces']

export const look = defineTool(
  { name: 'look', title: 'Look at what is there', form: LookInput, hints: { readOnlyHint: true } },
  async (session, { of = 'overview', id, page }) => {
    if (id !== undefined && !SHOWN.includes(of))
      throw new Error(`'id' cannot be used: 'of' must be one of ${SHOWN.join(', ')}.`)
    if (of === 'overview') return { text: await overview(session), page, next: 'look {"of": "jobs"} lists more.' }
    const path = of in COLUMNS ? 'world' : of === 'presets' ? 'faults/presets' : of
    if (id === undefined && of !== 'settings' && of !== 'conduct') {
      const lines = toLines(objectsAt(await ask(session, `GET /${path}`), of))
      // The newest first: of jobs and commands there may be thousands.
      const text = (of === 'jobs' || of === 'commands' ? lines.toReversed() : lines).join('\n') || `no ${of}`
      return { text, page, next: SHOWN.includes(of) ? 'look with its "id" shows one whole.' : 'act on one of them.' }
    }
    const value = await ask(session, `GET /${of}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`)
    const next = id === undefined ? 'open_world {"settings": {...}}.' : `read_requests {"about": "${id}"}.`
    return { text: JSON.stringify(value, null, 2), page, next }
  },
)

const MAX_ROWS = 8

/** What the world holds, in a few lines. */
async function overview(session: McpSession): Promise<string> {
  const world = await ask(session, 'GET /world')
  const lists = Object.entries(COLUMNS).flatMap(([name, columns]) => {
    const rows = objectsAt(world, name)
    const newest = toLines(rows.slice(-MAX_ROWS), columns).map((line) => `  ${line}`)
    return [`${name}: ${rows.length}${rows.length > MAX_ROWS ? `, the last ${MAX_ROWS}:` : ''}`, ...newest]
  })
  const { scenario, profile } = session.mock
  const state = `scenario ${scenario}, profile ${profile}, ${timeOf(session)}`
  return [`API on ${session.apiUrl}`, state, ...lists].join('\n')
}

function timeOf({ mock: { clock } }: McpSession): string {
  return `time ${clock.iso()}${clock.isFrozen ? ', frozen' : ''}`
}

const MAX_EVENTS = 40
/** Events that are many and say little. */
const QUIET: ReadonlySet<string> = new Set(['request', 'timer', 'clock', 'settings'])

export const moveTime = defineTool(
  { name: 'move_time', title: 'Move time', form: MoveTimeInput },
  async (session, { hours = 0, minutes = 0, seconds = 0, to, frozen }, { signal }) => {
    const events: JsonObject[] = []
    const leave = session.mock.on('*', ({ id: _id, ...event }) => void (QUIET.has(event.type) || events.push(event)))
    try {
      if (frozen !== undefined) await ask(session, frozen ? 'POST /clock/freeze' : 'POST /clock/resume')
      if (to !== undefined) await ask(session, 'POST /clock/set', { now: to }, signal)
      const total = hours * 3600 + minutes * 60 + seconds
      if (total > 0) await ask(session, 'POST /clock/advance', { seconds: total }, signal)
    } finally {
      leave()
    }
    const head = `${timeOf(session)}; ${count(events.length, 'event')}`
    const text = [head, ...toLines(events.slice(0, MAX_EVENTS))].join('\n')
    return { text, next: 'look shows what has become of it; read_requests what clients did.' }
  },
)

export const pairRunner = defineTool(
  { name: 'pair_runner', title: 'Pair a runner, as daemon and pairing page', form: PairRunnerInput },
  async (session, { session: link, name, type = 'endpoint', project_id: projectId, agents, alive = true }) => {
    const { mock } = session
    if (link !== undefined) {
      const { runnerId, isNew } = await mock.pairing.activate(link, omitUndefined({ name }))
      const text = `${isNew ? 'activated' : 'the session was activated before'}: runner ${runnerId}`
      return { text, next: `look {"of": "runners", "id": "${runnerId}"}.` }
    }
    const names = agents ?? (type === 'endpoint' ? ['echo'] : [])
    const runner = await mock.given.connectedRunner({ type, agents: [...names], ...omitUndefined({ name, projectId }) })
    if (alive && type === 'connect') await mock.agents.start(runner, connectAgent({ files: { 'README.md': 'hi\n' } }))
    else if (alive) await startEndpoint(session, runner, names)
    const text = `runner ${runner.id} of project ${runner.projectId}, ${type}, ${alive ? 'alive' : 'silent'}, agents: ${names.join(', ') || 'none'}`
    const job = { agent_name: names[0], project_id: runner.projectId, inputs: { message: 'hi' } }
    const work =
      type === 'endpoint'
        ? { operation: 'createJob', body: job }
        : {
            operation: 'createBridgeCommand',
            path: { runnerId: runner.id },
            body: { type: 'Exec', args: { command: 'ls' } },
          }
    return { text, next: `call_operation ${JSON.stringify(work)}.` }
  },
)

/** Starts an endpoint runner inside the mock. Agents that no other runner of this world has are the demo's, or echo. */
async function startEndpoint({ mock }: McpSession, runner: GivenRunner, names: readonly string[]): Promise<void> {
  const known = mock.inspect(({ runners }) =>
    [...runners.values()].filter(({ id }) => id !== runner.id).flatMap(({ agents }) => [...agents.keys()]),
  )
  for (const name of names.filter((each) => !known.includes(each))) {
    const { handler, ...options } = demoAgents[name] ?? {}
    mock.agents.register(name, handler ?? (({ inputs }) => ({ echo: inputs ?? null })), options)
  }
  await mock.agents.start(runner)
}

export const callOperation = defineTool(
  { name: 'call_operation', title: 'Call an operation', form: CallOperationInput, hints: { destructiveHint: true } },
  async ({ mock, apiUrl }, input, { signal }) => {
    const { operation: id, path = {}, query = {}, body, workspace, api_key: key, wait_seconds: wait = 5 } = input
    const operation = operations[id]
    const needed = pathParametersOf(operation)
    if (needed.some((name) => !Object.hasOwn(path, name)) || Object.keys(path).length > needed.length)
      throw new Error(`'path' cannot be ${JSON.stringify(path)}: ${id} takes ${needed.join(', ') || 'none'}.`)
    const target = fillPath(operation, path) + toSearch(query)
    const { method } = operation
    const type = body === undefined ? undefined : 'application/json'
    const headers = omitUndefined({ 'content-type': type, 'comet-workspace': workspace, authorization: key })
    const content = body === undefined ? null : JSON.stringify(body)
    const timeout = AbortSignal.timeout(wait * 1000)
    const init = { method, headers, body: content, signal: AbortSignal.any([signal, timeout]) }
    const outcome = await mock
      .fetch(`http://localhost${target}`, init)
      .then(describeResponse, (error: unknown) =>
        timeout.aborted ? `no answer within ${wait} s: the call hung up` : `the connection broke: ${messageOf(error)}`,
      )
    const shown = key === undefined ? headers : { ...headers, authorization: '$OPIK_API_KEY' }
    const curl = toCurl({ method, url: apiUrl + target, requestHeaders: shown, requestBody: content })
    const next = /^[45]/.test(outcome) ? `explain {"id": "${id}"}.` : 'look, move_time or read_requests.'
    return { text: `${outcome}\n\n${curl}`, next }
  },
)

async function describeResponse(response: Response): Promise<string> {
  const made = response.headers.get('location')?.split('/').at(-1)
  return [response.status, ...(made === undefined ? [] : [`created ${made}`]), await response.text()].join('\n').trim()
}

export const setFaults = defineTool(
  { name: 'set_faults', title: 'Inject or clear faults', form: SetFaultsInput },
  async (session, { clear, inject }) => {
    // What the admin API is going to refuse clears nothing.
    const isUsable = inject === undefined || isFaultDocument(inject)
    const path = clear === 'all' ? '/faults' : `/faults/${encodeURIComponent(clear ?? '')}`
    if (clear !== undefined && isUsable) await ask(session, `DELETE ${path}`)
    if (inject !== undefined) await ask(session, 'POST /faults', inject)
    const faults = toLines(objectsAt(await ask(session, 'GET /faults'), 'faults'))
    if (faults.length === 0) return { text: 'no faults are active', next: 'call_operation meets none.' }
    const next = 'call the operation to meet it; set_faults {"clear": "all"} ends it.'
    return { text: ['active faults:', ...faults].join('\n'), next }
  },
)

const REQUEST_COLUMNS = ['id', 'at', 'method', 'path', 'operation', 'status', 'faults']

export const readRequests = defineTool(
  { name: 'read_requests', title: 'Read what was asked since', form: ReadRequestsInput, hints: { readOnlyHint: true } },
  async (session, { id, page, ...filter }) => {
    if (id !== undefined) {
      const text = JSON.stringify(await ask(session, `GET /requests/${id}`), null, 2)
      return { text, page, next: 'explain with its operation, or judge_recording {} for all requests.' }
    }
    const entries = objectsAt(await ask(session, `GET /requests${toSearch(filter)}`), 'requests')
    const text = toLines(entries.toReversed(), REQUEST_COLUMNS).join('\n') || 'no requests'
    return { text, page, next: 'read_requests {"id": N} shows one whole; judge_recording {} judges them all.' }
  },
)
