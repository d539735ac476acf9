/** Runners with their work, traces, configurations and prompts of a last state, with the members of a scenario. */
import { OwnId, BridgeCommandType } from '../../../generated/kit-later.js'
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { textAt, type JsonObject } from '../../../kernel/json-value.js'
import { hasForm } from '../../../kernel/validate-options.js'
import type { ScenarioOwner } from '../../../generated/kit-schema.js'
import { hasPassed } from '../../../lifecycle/tracker/time-range.js'
import { keepingOf, machineFacts, statusesOf } from '../../../lifecycle/tracker/tracked-states.js'
import type { TrackedRunner, TrackedWork } from '../../../lifecycle/tracker/tracked-world.js'
import { momentAt, ownerNamed, type LastEntry, type LastState } from './last-state.js'
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
  const taken = new Set<string>()
  const sinceOf = ({ connectedAt, activated }: TrackedRunner): number => connectedAt ?? activated.to
  const there = [...state.world.runners.values()].filter(({ isGone }) => !isGone)
  const runners = there
    .toSorted((a, b) => sinceOf(b) - sinceOf(a))
    .flatMap((runner) => {
      const head = headOfRunner(writing, runner)
      const place = JSON.stringify([head.project, head.workspace, head.api_key, head.type])
      if (taken.has(place)) note('runners left out that shared their place with a later one')
      if (taken.has(place) || isPurged(runner, writing)) return []
      taken.add(place)
      return [{ ...head, ...living(writing, runner, former) }]
    })
  const agents = Object.fromEntries([...former].map((name) => [texts.name('agent', name), {}]))
  return { runners: runners.toReversed(), agents }
}

function headOfRunner({ end, ownerOf, projectOf }: Writing, runner: TrackedRunner) {
  const { id, name, type, projectId, connectedAt, activated } = runner
  const owner = ownerNamed(runner.owner)
  const since = connectedAt ?? (activated.from === -Infinity ? end : activated.to)
  return {
    ...{ name: name.trim() === '' ? 'runner' : name, ...projectOf(owner, projectId), ...ownerOf(owner) },
    ...{ type, id: ownId(id), ago_ms: spanOf(since, end) },
  }
}

function living(writing: Writing, runner: TrackedRunner, former: Set<string>): JsonObject {
  const { state, end, note } = writing
  const { checklist, type, agents } = runner
  const own = Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, toAgent({ ...agent })]))
  const jobs = type === 'endpoint' ? workOf('job', runner, writing).flatMap((job) => jobOf(writing, job, own)) : []
  for (const { agent } of jobs) if (!Object.hasOwn(own, agent)) former.add(agent)
  const commands = workOf('bridgeCommand', runner, writing).flatMap((command) => commandOf(writing, command))
  const capabilities = runner.capabilities.filter(isCapability)
  const lacksBridge = commands.length > 0 && !capabilities.includes(BRIDGE)
  if (lacksBridge) note(`runners that have '${BRIDGE}' again, for the commands that they have`)
  const [status] = statusesOf(state.world, runner, { from: end, to: end })
  return {
    ...(status === 'connected' ? { simulate: 'heartbeat' } : { status }),
    agents: Object.keys(agents).length === 0 ? undefined : own,
    capabilities: lacksBridge ? [...capabilities, BRIDGE] : capabilities,
    ...{ checklist, jobs, commands },
  }
}

/** Without a timeout it has the server's; its name is its key. */
function toAgent({ name: _name, timeout, ...agent }: JsonObject): JsonObject {
  return { ...agent, timeout: timeout === 0 ? undefined : timeout }
}

/** Whether it has been dead for so long that the server has forgotten it. */
function isPurged({ beat }: TrackedRunner, { state, end }: Writing): boolean {
  const { limits } = state.world
  const silence = spanMs('heartbeat_ttl', limits) + spanMs('dead_runner_purge', limits)
  return hasPassed(beat, { from: end, to: end }, silence + 2000 * limits.reaper_interval_seconds)
}

/** What is left of a runner's work, oldest first. */
function workOf(machine: WorkMachine, { id }: TrackedRunner, { state: { world }, end }: Writing): TrackedWork[] {
  const own = [...world.work.values()].filter((work) => work.machine === machine && work.runnerId === id)
  const kept = own.filter((work) => keepingOf(world, work, { from: end, to: end }) !== 'gone')
  return kept.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** As it would be shown, but for its times, which are told as its past. */
function shownOf({ machine, request, timeoutMs, states: [state] }: TrackedWork): JsonObject {
  const told = Object.entries(state?.fields ?? {}).map(([field, { values }]) => [field, values[0]] as const)
  return { ...request, ...Object.fromEntries(told), [machineFacts[machine].timeoutField]: timeoutMs / 1000 }
}

function pastOf({ machine, id, created, started, states: [state] }: TrackedWork, end: number): JsonObject {
  const isUnfinished = state === undefined || isOpen(machine, state.status)
  const [begin, handedOut, ended] = [created, started, state?.ended].map((moment) => moment?.to)
  const wasHandedOut = isUnfinished || handedOut !== undefined || state.status === 'timed_out'
  return {
    id: ownId(id),
    ago_ms: spanOf(begin ?? end, end),
    waited_ms: state?.status === 'pending' ? undefined : spanOf(begin, handedOut ?? ended),
    for_ms: isUnfinished ? undefined : spanOf(handedOut ?? ended, ended),
    handed_out: wasHandedOut ? undefined : false,
  }
}

function jobOf({ state, end, note }: Writing, job: TrackedWork, agents: Readonly<Record<string, JsonObject>>) {
  const shown = shownOf(job)
  const agent = textAt(shown, 'agent_name')
  if (agent.trim() === '') {
    note('jobs left out, of which only a part is known')
    return []
  }
  const usual = agents[agent]?.['timeout'] ?? state.world.limits.job_timeout_seconds
  const { timeout, result, error } = shown
  const { status } = job.states[0] ?? { status: 'pending' }
  const isSaid = result !== undefined || textAt(shown, 'error').trim() !== ''
  if (isSaid && status === 'pending') note('pending jobs without what was reported of them')
  if (!isSaid && status === 'completed') note('jobs completed without a result, which have an empty one')
  if (!isSaid && status === 'failed') note('jobs failed without an error, which have one')
  const outcome = status === 'pending' ? { result: undefined, error: undefined } : { result, error }
  const own = { ...pastOf(job, end), ...outcome, timeout: timeout === usual ? undefined : timeout }
  return [{ ...shown, agent, status, ...own, logs: job.logs.map(toLine) }]
}

/** No line is blank. */
function toLine(line: JsonObject): JsonObject {
  const [stream, text] = [textAt(line, 'stream'), textAt(line, 'text')]
  return { stream: stream.trim() === '' ? 'stdout' : stream, text: text.trim() === '' ? '...' : text }
}

function commandOf({ end, note }: Writing, command: TrackedWork): JsonObject[] {
  const { type, args, result, error, duration_ms, timeout_seconds } = shownOf(command)
  const { status } = command.states[0] ?? { status: 'pending' }
  if (!hasForm(BridgeCommandType, type) || args === undefined || args === null) {
    note('commands left out, of which only a part is known')
    return []
  }
  const isReported = status === 'completed' || status === 'failed'
  const outcome = isReported ? { result, error, duration_ms } : {}
  return [{ type, args, status, ...pastOf(command, end), timeout_seconds, ...outcome }]
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
