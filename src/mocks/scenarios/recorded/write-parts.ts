/** Runners with their work, traces, configurations and prompts of a last state, with the members of a scenario. */
import { OwnId, BridgeCommandType } from '../../../generated/kit-later.js'
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { textAt, objectsAt, textsOf, type JsonObject } from '../../../kernel/json-value.js'
import { hasForm } from '../../../kernel/validate-options.js'
import type { ScenarioOwner } from '../../../generated/kit-schema.js'
import { isRival, momentAt, type LastEntry, type LastState, type LastRunner, type LastWork } from './last-state.js'
import type { FormTaker } from './replace-texts.js'
import { isOpen } from '../../../lifecycle/rule-effects.js'
import type { WorkMachine } from '../../../lifecycle/roles.js'
import { BRIDGE, isCapability } from '../../../lifecycle/facts.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { addTo } from '../../../kernel/group-by.js'

export interface Writing extends FormTaker {
  readonly state: LastState
  /** When the recording ended, in milliseconds since 1970. */
  readonly end: number
  ownerOf: (owner: RecordedCaller) => ScenarioOwner
  /** Its project by id or, with '', by name, as a member of a scenario; none for the default one. */
  projectOf: (owner: RecordedCaller, id: string, name?: string) => { project?: string }
}

/** Project, workspace and id of an entry; it belongs to the workspace, not to its author. */
function headOf({ ownerOf, projectOf }: Writing, { owner, fields }: LastEntry) {
  return {
    ...{ project: undefined, ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')) },
    ...{ workspace: ownerOf(owner).workspace, api_key: undefined, id: ownId(textAt(fields, 'id')) },
  }
}

/** An id that something of a scenario may have; undefined for any other. */
export function ownId(id: string): string | undefined {
  return hasForm(OwnId, id) ? id : undefined
}

/** A span of time in milliseconds; undefined for none. */
function spanOf(from: number | undefined, to: number | undefined): number | undefined {
  return Math.round(Math.max((to ?? 0) - (from ?? to ?? 0), 0)) || undefined
}

/** The runners, and agents that only their jobs know. */
export function runnersOf(writing: Writing) {
  const { state, note, texts } = writing
  const former = new Set<string>()
  const held = holders(state)
  const sinceOf = ({ connectedAt, changedAt }: LastRunner): number => connectedAt ?? changedAt
  const byAge = [...state.runners.values()].toSorted((a, b) => sinceOf(a) - sinceOf(b))
  const isLiving = (runner: LastRunner): boolean => held.has(runner) && !isPurged(runner, writing)
  for (const runner of byAge)
    if (!runner.isGone && !held.has(runner)) note('runners that shared their place with a later one, and are evicted')
  // Nobody who is gone may come after who has taken his place.
  const runners = [
    ...byAge
      .filter((runner) => !isLiving(runner))
      .map((runner) => ({ ...head(writing, runner), status: 'evicted' as const })),
    ...byAge.filter(isLiving).map((runner) => living(writing, runner, former)),
  ]
  for (const work of state.work.values()) {
    if (!work.isGone && state.runners.get(work.runnerId ?? '') === undefined)
      note('jobs and commands left out, of which only a part is known')
  }
  return { runners, agents: Object.fromEntries([...former].map((name) => [texts.name('agent', name), {}])) }
}

/** Who holds a place for a project: the latest. */
function holders({ runners }: LastState): ReadonlySet<LastRunner> {
  const held = new Set<LastRunner>()
  for (const runner of [...runners.values()].toReversed())
    if (!runner.isGone && ![...held].some((other) => isRival(other, runner))) held.add(runner)
  return held
}

function head({ end, ownerOf, projectOf }: Writing, { id, owner, wire, connectedAt }: LastRunner): JsonObject {
  const [name, projectId] = [textAt(wire, 'name'), textAt(wire, 'project_id')]
  return {
    ...{ name: name.trim() === '' ? 'runner' : name, ...projectOf(owner, projectId), ...ownerOf(owner) },
    ...{ type: wire['type'], id: ownId(id), ago_ms: spanOf(connectedAt ?? end, end) },
  }
}

function living(writing: Writing, runner: LastRunner, former: Set<string>): JsonObject {
  const { checklist, type = 'endpoint' } = runner.wire
  const agents = objectsAt(runner.wire, 'agents')
  const own = Object.fromEntries(agents.map((agent) => [textAt(agent, 'name'), toAgent(agent)]))
  const works = workOf('job', runner, writing, 'completed_job_ttl_seconds')
  const jobs = type === 'endpoint' ? works.flatMap((job) => jobOf(writing, job, own)) : []
  for (const { agent } of jobs) if (!Object.hasOwn(own, agent)) former.add(agent)
  const ended = workOf('bridgeCommand', runner, writing, 'bridge_completed_command_ttl_seconds')
  const commands = ended.flatMap((command) => commandOf(writing, command))
  const capabilities = textsOf(runner.wire['capabilities']).filter(isCapability)
  const declares = capabilities.length > 0 ? capabilities.includes(BRIDGE) : type === 'connect'
  const lacksBridge = commands.length > 0 && !declares
  if (lacksBridge) writing.note(`runners that have '${BRIDGE}' again, for the commands that they have`)
  return {
    ...head(writing, runner),
    ...(isConnected(runner, writing) ? { simulate: 'heartbeat' } : { status: 'disconnected' }),
    agents: agents.length === 0 ? undefined : own,
    capabilities: lacksBridge ? [...capabilities, BRIDGE] : capabilities,
    ...{ checklist, jobs, commands },
  }
}

/** Without a timeout it has the server's; its name is its key. */
function toAgent({ name: _name, timeout, ...agent }: JsonObject): JsonObject {
  return { ...agent, timeout: timeout === 0 ? undefined : timeout }
}

/** Whether it was alive when the recording ended: by its last heartbeat, or as it was shown since. */
function isConnected({ beatAt, shown }: LastRunner, { state, end }: Writing): boolean {
  if (beatAt === undefined) return shown?.isConnected ?? true
  const lapse = beatAt + state.settings.heartbeat_ttl_seconds * 1000
  if (shown !== undefined && shown.at > (shown.isConnected ? lapse : beatAt)) return shown.isConnected
  return lapse > end
}

/** Whether it has been dead for so long that the server has forgotten it. */
function isPurged(runner: LastRunner, writing: Writing): boolean {
  const { beatAt } = runner
  if (beatAt === undefined || isConnected(runner, writing)) return false
  const { heartbeat_ttl_seconds, dead_runner_purge_seconds, reaper_interval_seconds } = writing.state.settings
  const seconds = heartbeat_ttl_seconds + dead_runner_purge_seconds + 2 * reaper_interval_seconds
  return beatAt + seconds * 1000 < writing.end
}

/** What is left of a runner's work, oldest first: ids tell the order. */
function workOf(
  machine: WorkMachine,
  { id }: LastRunner,
  { state, end }: Writing,
  kept: 'completed_job_ttl_seconds' | 'bridge_completed_command_ttl_seconds',
): LastWork[] {
  const isKept = (work: LastWork): boolean => end - (momentsOf(work).ended ?? end) < state.settings[kept] * 1000
  const own = [...state.work.values()].filter((work) => work.machine === machine && work.runnerId === id)
  return own.filter((work) => !work.isGone && isKept(work)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function momentsOf({ wire, createdAt, handedOutAt, endedAt }: LastWork) {
  return {
    created: momentAt(wire, 'created_at') ?? momentAt(wire, 'submitted_at') ?? createdAt,
    handedOut: momentAt(wire, 'started_at') ?? momentAt(wire, 'picked_up_at') ?? handedOutAt,
    ended: momentAt(wire, 'completed_at') ?? endedAt,
  }
}

function pastOf(work: LastWork, end: number): JsonObject {
  const { created, handedOut, ended } = momentsOf(work)
  const isUnfinished = isOpen(work.machine, work.status)
  const wasHandedOut = isUnfinished || handedOut !== undefined || work.status === 'timed_out'
  return {
    id: ownId(work.id),
    ago_ms: spanOf(created ?? handedOut ?? ended ?? end, end),
    waited_ms: work.status === 'pending' ? undefined : spanOf(created, handedOut ?? ended),
    for_ms: isUnfinished ? undefined : spanOf(handedOut ?? ended, ended),
    handed_out: wasHandedOut ? undefined : false,
  }
}

function jobOf({ state, end, note }: Writing, job: LastWork, agents: Readonly<Record<string, JsonObject>>) {
  const { wire, logs, status } = job
  const agent = textAt(wire, 'agent_name')
  if (agent.trim() === '') {
    note('jobs left out, of which only a part is known')
    return []
  }
  const usual = agents[agent]?.['timeout'] ?? state.settings.job_timeout_seconds
  const { timeout, result, error } = wire
  const isSaid = result !== undefined || textAt(wire, 'error').trim() !== ''
  if (isSaid && status === 'pending') note('pending jobs without what was reported of them')
  if (!isSaid && status === 'completed') note('jobs completed without a result, which have an empty one')
  if (!isSaid && status === 'failed') note('jobs failed without an error, which have one')
  const outcome = status === 'pending' ? { result: undefined, error: undefined } : { result, error }
  const own = { ...pastOf(job, end), ...outcome, timeout: timeout === usual ? undefined : timeout }
  return [{ ...wire, agent, status, ...own, logs: logs.map(toLine) }]
}

/** No line is blank. */
function toLine(line: JsonObject): JsonObject {
  const [stream, text] = [textAt(line, 'stream'), textAt(line, 'text')]
  return { stream: stream.trim() === '' ? 'stdout' : stream, text: text.trim() === '' ? '...' : text }
}

function commandOf({ end, note, state }: Writing, command: LastWork): JsonObject[] {
  const { wire, status } = command
  const { args, result, error, duration_ms } = wire
  if (!hasForm(BridgeCommandType, wire['type']) || args === undefined || args === null) {
    note('commands left out, of which only a part is known')
    return []
  }
  const timeout = Number(wire['timeout_seconds'] ?? state.settings.bridge_default_command_timeout_seconds)
  const { created = end } = momentsOf(command)
  const expiresAt = created + spanMs('command_lifetime', state.settings, { timeout_seconds: timeout })
  if (isOpen('bridgeCommand', status) && expiresAt < end) return []
  const isReported = status === 'completed' || status === 'failed'
  const outcome = isReported ? { result, error, duration_ms } : {}
  const { type } = wire
  return [{ type, args, status, ...pastOf(command, end), timeout_seconds: timeout, ...outcome }]
}

export function tracesOf(writing: Writing): readonly JsonObject[] {
  const { state, end, note } = writing
  const spans = new Map<string, JsonObject[]>()
  for (const { fields } of state.spans.values()) addTo(spans, textAt(fields, 'trace_id').toLowerCase(), fields)
  for (const id of spans.keys()) if (!state.traces.has(id)) note('traces left out, of which only spans are known')
  return [...state.traces].map(([id, entry]) => {
    const { fields } = entry
    const begin = momentAt(fields, 'start_time') ?? end
    const over = momentAt(fields, 'end_time')
    if (over === undefined) note('traces that were not over, and end when the recording does')
    return {
      ...said(fields),
      ...{ comments: undefined, ...headOf(writing, entry), ...named(fields, 'trace'), error: errorOf(fields) },
      ...{ ago_ms: spanOf(begin, end), for_ms: spanOf(begin, over ?? end) ?? 0 },
      spans: nest(spans.get(id) ?? [], begin),
    }
  })
}

/** null says nothing. */
function said(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

function named(fields: JsonObject, otherwise: string): { name: string } {
  const name = textAt(fields, 'name')
  return { name: name.trim() === '' ? otherwise : name }
}

function errorOf({ error_info: info }: JsonObject): string | undefined {
  const [type, message] = [textAt(info, 'exception_type'), textAt(info, 'message')]
  const error = message.startsWith(type) ? message : `${type}: ${message}`
  return error === ': ' ? undefined : error
}

/** Each span behind the one around it, which is named; those of one name stand last, so that no other is taken for it. */
function nest(spans: readonly JsonObject[], begin: number): JsonObject[] {
  const beginOf = (span: JsonObject): number => momentAt(span, 'start_time') ?? begin
  const inOrder = spans.toSorted((a, b) => beginOf(a) - beginOf(b))
  const known = new Set(spans.map((span) => textAt(span, 'id')))
  const below = (parent: string, around: string | undefined): JsonObject[] => {
    const inner = inOrder.filter((span) => {
      const own = textAt(span, 'parent_span_id').toLowerCase()
      return (known.has(own) ? own : '') === parent
    })
    const isLast = (span: JsonObject): number => Number(named(span, 'span').name === around)
    return inner
      .toSorted((a, b) => isLast(a) - isLast(b))
      .flatMap((span) => [toSpan(span, begin, around), ...below(textAt(span, 'id'), named(span, 'span').name)])
  }
  return below('', undefined)
}

function toSpan(span: JsonObject, begin: number, inside: string | undefined): JsonObject {
  const [from, to] = [momentAt(span, 'start_time') ?? begin, momentAt(span, 'end_time')]
  return {
    ...said(span),
    ...{ ...named(span, 'span'), inside, error: errorOf(span), cost: span['total_estimated_cost'] },
    ...{ after_ms: spanOf(begin, from), for_ms: to === undefined ? undefined : (spanOf(from, to) ?? 0) },
  }
}

export function blueprintsOf(writing: Writing): readonly JsonObject[] {
  return [...writing.state.blueprints.values()].flatMap((entry) => {
    if (entry.fields['type'] === 'blueprint') return [{ ...entry.fields, ...headOf(writing, entry) }]
    writing.note('masks of configurations left out')
    return []
  })
}

export function promptsOf(writing: Writing): readonly JsonObject[] {
  const { state, note } = writing
  const taken = new Set<string>()
  return [...state.prompts].flatMap(([id, entry]) => {
    const head = headOf(writing, entry)
    const place = `${head.workspace ?? ''}\n${textAt(entry.fields, 'name').toLowerCase()}`
    if (taken.has(place)) note('prompts without a name of their own left out')
    if (taken.has(place)) return []
    taken.add(place)
    return [{ ...said(entry.fields), ...head, versions: versionsOf(id, writing) }]
  })
}

function versionsOf(promptId: string, { state }: Writing): JsonObject[] {
  const known = [...state.promptVersions]
    .filter(([, { fields }]) => fields['prompt_id'] === promptId)
    .map(([id, { fields }]) => ({ id, fields, template: textAt(fields, 'template') }))
  // The one that goes by the id of its prompt is not needed any more where another shows its template.
  const isShown = (template: string): boolean =>
    known.some((version) => version.id !== promptId && version.template === template)
  return known
    .filter(({ id, template }) => id !== promptId || !isShown(template))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, fields }) => ({ ...said(fields), id: id === promptId ? undefined : ownId(id) }))
}
