/** The tools on the world of the mock: open one, look at it, move its time. */
import { LookInput, MoveTimeInput, OpenWorldInput } from '../../generated/kit-mcp.js'
import { SettingsChange } from '../../generated/kit-page.js'
import { count } from '../../report/report-document.js'
import { expectForm } from '../../kernel/validate-options.js'
import { objectsAt, type JsonObject } from '../../kernel/json-value.js'
import { toLines, ask, type McpSession, defineTool } from './tool.js'

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
