/** Runners of a last state as a scenario has them, with their agents, jobs and bridge commands. */
import { isUuid, UUID } from '../../../kernel/id-source.js'
import { isObject, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { Agent } from '../../../kernel/types.js'
import { isOpen } from '../../../lifecycle/rule-effects.js'
import type { WorkMachine } from '../../../lifecycle/roles.js'
import { BRIDGE, isCapability } from '../../../lifecycle/facts.js'
import { conditions } from '../../../lifecycle/table.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { ScenarioCommand, ScenarioJob, ScenarioRunner } from '../scenario.js'
import { isSame, type LastRunner, type LastState, type LastWork } from './last-state.js'
import { momentAt, type Fields } from './answered-call.js'
import type { Texts } from './replace-texts.js'
import { jsonOf, ownId, someOf, spanOf, type Writing } from './writing.js'

/** The runners, and agents that only their jobs know. */
export function runnersOf(writing: Writing) {
  const { state, note } = writing
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
  return { runners, agents: Object.fromEntries([...former].map((name): [string, Agent] => [name, {}])) }
}

/** Who holds a place for a project: the latest. */
function holders({ runners }: LastState): ReadonlySet<LastRunner> {
  const held = new Set<LastRunner>()
  for (const runner of [...runners.values()].toReversed()) {
    const isRival = ({ projectId, type = 'endpoint', owner }: LastRunner): boolean =>
      projectId === runner.projectId && type === (runner.type ?? 'endpoint') && isSame(owner, runner.owner)
    if (!runner.isGone && ![...held].some(isRival)) held.add(runner)
  }
  return held
}

/** As activation takes it. */
const MAX_NAME_LENGTH = 128

function head({ end, texts, ownerOf, projectOf }: Writing, runner: LastRunner): ScenarioRunner {
  const { name = '', type, owner, projectId = '', id, connectedAt } = runner
  return {
    name: name.trim() === '' ? 'runner' : texts.name('runner', name).slice(0, MAX_NAME_LENGTH),
    ...projectOf(owner, projectId),
    ...ownerOf(owner),
    ...omitUndefined({ type, id: ownId(id), ago_ms: spanOf(connectedAt ?? end, end) }),
  }
}

function living(writing: Writing, runner: LastRunner, former: Set<string>): ScenarioRunner {
  const { texts, note } = writing
  const { checklist, agents, type = 'endpoint' } = runner
  const capabilities = (runner.capabilities ?? []).filter(isCapability)
  const own = Object.fromEntries(
    agents.map((agent) => [texts.name('agent', textAt(agent, 'name')), toAgent(agent, texts)]),
  )
  const jobs = workOf('job', runner, writing, 'completed_job_ttl_seconds').flatMap((job) =>
    type === 'endpoint' ? jobOf(writing, job, own) : [],
  )
  for (const { agent = '' } of jobs) if (!Object.hasOwn(own, agent)) former.add(agent)
  const ended = workOf('bridgeCommand', runner, writing, 'bridge_completed_command_ttl_seconds')
  const commands = ended.flatMap((command) => commandOf(writing, command))
  const declares = capabilities.length > 0 ? capabilities.includes(BRIDGE) : type === 'connect'
  const lacksBridge = commands.length > 0 && !declares
  if (lacksBridge) note(`runners that have '${BRIDGE}' again, for the commands that they have`)
  const shown: unknown = texts.json(checklist)
  return {
    ...head(writing, runner),
    ...(isConnected(runner, writing) ? { simulate: 'heartbeat' } : { status: 'disconnected' }),
    ...omitUndefined({
      agents: agents.length === 0 ? undefined : own,
      capabilities: someOf(lacksBridge ? [...capabilities, BRIDGE] : capabilities),
      checklist: isObject(shown) ? shown : undefined,
      ...{ jobs: someOf(jobs), commands: someOf(commands) },
    }),
  }
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

function toAgent(agent: Fields, texts: Texts): Agent {
  const { timeout, language, params } = agent
  const text = (name: string): string | undefined => {
    const value = agent[name]
    return typeof value === 'string' ? texts.text(value) : undefined
  }
  return omitUndefined({
    ...{ description: text('description'), executable: text('executable'), source_file: text('source_file') },
    language: typeof language === 'string' ? language : undefined,
    params: Array.isArray(params) ? objectsAt(agent, 'params').flatMap((param) => toParam(param, texts)) : undefined,
    timeout: typeof timeout === 'number' && timeout !== 0 ? timeout : undefined,
  })
}

function toParam(param: Fields, texts: Texts): NonNullable<Agent['params']>[number][] {
  const { presence } = param
  const [name, type] = [textAt(param, 'name'), textAt(param, 'type')]
  if (name.trim() === '' || type.trim() === '') return []
  const isKnown = presence === 'required' || presence === 'optional'
  return [{ name: texts.key(name), type: String(texts.json(type)), ...(isKnown ? { presence } : {}) }]
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

function pastOf(work: LastWork, end: number) {
  const { created, handedOut, ended } = momentsOf(work)
  const isUnfinished = isOpen(work.machine, work.status)
  const wasHandedOut = isUnfinished || handedOut !== undefined || work.status === 'timed_out'
  return omitUndefined({
    id: ownId(work.id),
    ago_ms: spanOf(created ?? handedOut ?? ended ?? end, end),
    waited_ms: work.status === 'pending' ? undefined : spanOf(created, handedOut ?? ended),
    for_ms: isUnfinished ? undefined : spanOf(handedOut ?? ended, ended),
    handed_out: wasHandedOut ? undefined : false,
  })
}

function jobOf(writing: Writing, job: LastWork, agents: Readonly<Record<string, Agent>>): ScenarioJob[] {
  const { state, end, texts, note } = writing
  const { wire, logs } = job
  const status = conditions.job.status.values.find((each) => each === job.status)
  const name = textAt(wire, 'agent_name')
  if (name.trim() === '' || status === undefined) {
    note('jobs left out, of which only a part is known')
    return []
  }
  const agent = texts.name('agent', name)
  const timeout = Number(wire['timeout'] ?? 0)
  const usual = agents[agent]?.timeout || state.settings.job_timeout_seconds
  const { inputs, prompt_masks: masks, metadata } = wire
  const blueprint = textAt(wire, 'blueprint_name')
  return [
    {
      ...{ agent, status },
      ...pastOf(job, end),
      ...outcomeOf(writing, job),
      ...idsIn(wire, /^(?:trace|mask)_id$/),
      ...omitUndefined({
        timeout: timeout > 0 && timeout !== usual ? timeout : undefined,
        inputs: texts.json(inputs),
        prompt_masks: isObject(masks) ? idsIn(masks, ANY_ID) : undefined,
        blueprint_name: blueprint === '' ? undefined : texts.name('environment', blueprint),
        metadata: isObject(metadata) ? idsIn(metadata, DATASET) : undefined,
        logs: someOf(logs.map((line) => toLine(line, texts))),
      }),
    },
  ]
}

function outcomeOf({ texts, note }: Writing, { wire, status }: LastWork): Pick<ScenarioJob, 'result' | 'error'> {
  const [result, error] = [texts.json(wire['result']), texts.textAt(wire, 'error')]
  const isSaid = result !== undefined || error !== undefined
  if (isSaid && status === 'pending') note('pending jobs without what was reported of them')
  if (!isSaid && status === 'completed') note('jobs completed without a result, which have an empty one')
  if (!isSaid && status === 'failed') note('jobs failed without an error, which have one')
  return status === 'pending' ? {} : omitUndefined({ result, error })
}

/** Members that are ids, which stay. */
function idsIn(fields: Fields, names: RegExp): Record<string, string> {
  const entries = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'string' && isUuid(value) && names.test(name) ? [[name, value] as const] : [],
  )
  return Object.fromEntries(entries)
}

const DATASET = /^dataset(?:|_version|_item|_item_version)_id$/
const ANY_ID = new RegExp(`^${UUID}$`, 'i')

/** No line is blank. */
function toLine(line: Fields, texts: Texts): { stream: string; text: string } {
  const stream = textAt(line, 'stream')
  return {
    stream: stream.trim() === '' ? 'stdout' : String(texts.json(stream)),
    text: texts.textAt(line, 'text') ?? '...',
  }
}

const TYPES = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'] as const

function commandOf(writing: Writing, command: LastWork): ScenarioCommand[] {
  const { end, texts, note, state } = writing
  const { wire } = command
  const status = conditions.bridgeCommand.status.values.find((each) => each === command.status)
  const type = TYPES.find((each) => each === wire['type'])
  const args = jsonOf(wire['args'], texts)
  if (type === undefined || status === undefined || args === undefined) {
    note('commands left out, of which only a part is known')
    return []
  }
  const timeout = Number(wire['timeout_seconds'] ?? state.settings.bridge_default_command_timeout_seconds)
  const { created = end } = momentsOf(command)
  const expiresAt = created + spanMs('command_lifetime', state.settings, { timeout_seconds: timeout })
  if (isOpen('bridgeCommand', status) && expiresAt < end) return []
  const { result, error, duration_ms } = wire
  const isReported = status === 'completed' || status === 'failed'
  return [
    {
      ...{ type, args, status },
      ...pastOf(command, end),
      ...omitUndefined({
        timeout_seconds: Number.isSafeInteger(timeout) && timeout > 0 ? timeout : undefined,
        result: isReported ? texts.json(result) : undefined,
        error: isReported ? texts.json(error) : undefined,
        duration_ms: isReported && Number.isSafeInteger(duration_ms) ? Number(duration_ms) : undefined,
      }),
    },
  ]
}
