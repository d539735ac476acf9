/** The tools on the world of the mock: open one, look at it, move its time. */
import { LookInput, MoveTimeInput, OpenWorldInput } from '../../generated/kit-mcp.js'
import { SettingsChange } from '../../generated/kit-page.js'
import { expectForm } from '../../kernel/form.js'
import { objectsAt } from '../../kernel/json-value.js'
import type { MockEvent } from '../../mocks/world/events.js'
import { toBlock, toLine } from './paging.js'
import { askAdmin, type McpSession } from './session.js'
import { ToolError } from './tool-error.js'
import { defineTool } from './tool.js'

/** Snapshots that are kept; each may be large. */
const MAX_KEPT = 16

export const openWorld = defineTool(
  { name: 'open_world', title: 'Open a world or a snapshot', form: OpenWorldInput, isDestructive: true },
  async (session, { scenario, snapshot, keep_as: name, settings }) => {
    const { kept, mock } = session
    if (scenario !== undefined && snapshot !== undefined)
      throw new ToolError("'scenario' and 'snapshot' exclude each other: give one of them.")
    const saved = snapshot === undefined ? undefined : kept.get(snapshot)
    if (snapshot !== undefined && saved === undefined) {
      const names = kept.size === 0 ? 'nothing is kept yet, keep_as does so' : `kept are ${[...kept.keys()].join(', ')}`
      throw new ToolError(`'snapshot' cannot be "${snapshot}": ${names}.`)
    }
    if (settings !== undefined) expectForm(SettingsChange, settings, "'settings'")
    if (name !== undefined) {
      if (!kept.has(name) && kept.size >= MAX_KEPT)
        throw new ToolError(
          `'keep_as' cannot be "${name}": ${MAX_KEPT} are kept already; use one of their names again.`,
        )
      kept.set(name, mock.snapshot())
    }
    const isReset = scenario !== undefined || (name === undefined && settings === undefined)
    if (saved !== undefined) await askAdmin(session, 'PUT', '/state', saved)
    else if (isReset) await askAdmin(session, 'POST', '/reset', scenario === undefined ? undefined : { scenario })
    if (settings !== undefined) await askAdmin(session, 'PATCH', '/settings', settings)
    const did = name === undefined ? '' : `kept the world as "${name}"\n`
    return { text: did + (await overview(session)), next: 'pair_runner, or call_operation with createJob on a runner.' }
  },
)

/** The lists of `GET /world`, and the lists elsewhere. */
const LISTS: Readonly<Record<string, { path: string; member: string }>> = {
  ...Object.fromEntries(
    ['projects', 'runners', 'jobs', 'commands', 'sessions', 'faults'].map((member) => [
      member,
      { path: '/world', member },
    ]),
  ),
  traces: { path: '/traces', member: 'traces' },
  presets: { path: '/faults/presets', member: 'presets' },
  scenarios: { path: '/scenarios', member: 'scenarios' },
}
/** What has an `id` to be shown by. */
const SHOWN = ['runners', 'jobs', 'commands', 'traces']

export const look = defineTool(
  { name: 'look', title: 'Look at what is there', form: LookInput, isReadOnly: true },
  async (session, { of = 'overview', id, page }) => {
    if (id !== undefined) {
      if (!SHOWN.includes(of)) throw new ToolError(`'id' shows one of ${SHOWN.join(', ')}: say which by 'of'.`)
      const value = await askAdmin(session, 'GET', `/${of}/${encodeURIComponent(id)}`)
      return { text: toBlock(value), page, next: `read_requests {"about": "${id}"} lists the calls about it.` }
    }
    if (of === 'overview')
      return { text: await overview(session), page, next: 'look {"of": "jobs"} and the like list more.' }
    const list = LISTS[of]
    if (list === undefined) {
      const next = of === 'settings' ? 'open_world {"settings": {...}} changes them.' : 'explain with the id of a rule.'
      return { text: toBlock(await askAdmin(session, 'GET', `/${of}`)), page, next }
    }
    const rows = objectsAt(await askAdmin(session, 'GET', list.path), list.member)
    // The newest first: of jobs and commands there may be thousands.
    const ordered = of === 'jobs' || of === 'commands' ? rows.toReversed() : rows
    const text = rows.length === 0 ? `no ${of}` : ordered.map((row) => toLine(row)).join('\n')
    const next = SHOWN.includes(of) ? `look {"of": "${of}", "id": "..."} shows one whole.` : 'act on one of them.'
    return { text, page, next }
  },
)

const MAX_ROWS = 8

/** What an overview shows of each. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  projects: ['id', 'name'],
  runners: ['id', 'name', 'type', 'status', 'agents', 'project_id'],
  sessions: ['id', 'type', 'is_activated', 'expires_at'],
  jobs: ['id', 'agent_name', 'status'],
  commands: ['id', 'type', 'status'],
}

/** What the world holds, in a few lines. */
async function overview(session: McpSession): Promise<string> {
  const world = await askAdmin(session, 'GET', '/world')
  const { clock, scenario, profile } = session.mock
  const parts = ['projects', 'runners', 'sessions', 'jobs', 'commands', 'faults'].flatMap((name) => {
    const rows = objectsAt(world, name)
    const newest = rows.slice(-MAX_ROWS).map((row) => `  ${toLine(row, COLUMNS[name])}`)
    return [`${name}: ${rows.length}${rows.length > MAX_ROWS ? `, the last ${MAX_ROWS}:` : ''}`, ...newest]
  })
  const frozen = clock.isFrozen ? ', frozen' : ''
  return [
    `API on ${session.apiUrl}`,
    `scenario ${scenario}, profile ${profile}, time ${clock.iso()}${frozen}`,
    ...parts,
  ].join('\n')
}

export const moveTime = defineTool(
  { name: 'move_time', title: 'Move time', form: MoveTimeInput },
  async (session, { hours, minutes, seconds, to, frozen }, { signal }) => {
    const spans = [hours, minutes, seconds].filter((span) => span !== undefined)
    if (to !== undefined && spans.length > 0) throw new ToolError("'to' is a moment: give it or a span, not both.")
    const { clock } = session.mock
    const { events, leave } = hear(session.mock)
    try {
      if (frozen !== undefined) await askAdmin(session, 'POST', frozen ? '/clock/freeze' : '/clock/resume')
      if (to !== undefined) await askAdmin(session, 'POST', '/clock/set', { now: to }, signal)
      const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)
      if (spans.length > 0) await askAdmin(session, 'POST', '/clock/advance', { seconds: total }, signal)
    } finally {
      leave()
    }
    const lines = events.slice(0, MAX_EVENTS).map(({ id: _id, ...event }) => toLine({ ...event }))
    const more = events.length > MAX_EVENTS ? [`and ${events.length - MAX_EVENTS} more`] : []
    const head = `time ${clock.iso()}${clock.isFrozen ? ', frozen' : ''}; ${events.length === 0 ? 'nothing happened' : 'what happened:'}`
    return {
      text: [head, ...lines, ...more].join('\n'),
      next: 'look shows what has become of it; read_requests what clients did.',
    }
  },
)

const MAX_EVENTS = 40
/** Events that are many and say little. */
const QUIET: ReadonlySet<string> = new Set(['request', 'timer', 'clock', 'settings'])

/** Collects the events of a mock that say what has changed. */
function hear(mock: McpSession['mock']): { events: MockEvent[]; leave: () => void } {
  const events: MockEvent[] = []
  const leave = mock.on('*', (event) => void (QUIET.has(event.type) || events.push(event)))
  return { events, leave }
}
