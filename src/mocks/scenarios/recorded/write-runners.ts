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
import { ownId, spanOf, type Writing } from './writing.js'

/** The runners, and agents that only their jobs know. */
export interface WrittenRunners {
  readonly runners: readonly ScenarioRunner[]
  readonly agents: Readonly<Record<string, Agent>>
}

export function runnersOf(writing: Writing): WrittenRunners {
  const { state, note } = writing
  const former = new Set<string>()
  const held = holders(state)
  const byAge = [...state.runners.values()].toSorted((a, b) => sinceOf(a) - sinceOf(b))
  const isLiving = (runner: LastRunner): boolean => held.has(runner) && !isPurged(runner, writing)
  for (const runner of byAge)
    if (!runner.isGone && !held.has(runner)) note('runners that shared their place with a later one, and are evicted')
  // Nobody who is gone may come after who has taken his place.
  const runners = [
    ...byAge.filter((runner) => !isLiving(runner)).map((runner) => evicted(writing, runner)),
    ...byAge.filter(isLiving).map((runner) => living(writing, runner, former)),
  ]
  for (const work of state.work.values()) {
    if (!work.isGone && state.runners.get(work.runnerId ?? '') === undefined)
      note('jobs and commands left out, of which only a part is known')
  }
  return { runners, agents: Object.fromEntries([...former].map((name) => [name, {}])) }
}

function sinceOf({ connectedAt, changedAt }: LastRunner): number {
  return connectedAt ?? changedAt
}

/** Who holds a place for a project: the latest. */
function holders({ runners }: LastState): ReadonlySet<LastRunner> {
  const held: LastRunner[] = []
  for (const runner of [...runners.values()].toReversed()) {
    const isTaken = held.some(
      (each) =>
        each.projectId === runner.projectId && typeOf(each) === typeOf(runner) && isSame(each.owner, runner.owner),
    )
    if (!runner.isGone && !isTaken) held.push(runner)
  }
  return new Set(held)
}

function typeOf({ type = 'endpoint' }: LastRunner): 'connect' | 'endpoint' {
  return type
}

function evicted(writing: Writing, runner: LastRunner): ScenarioRunner {
  return { ...head(writing, runner), status: 'evicted' }
}

/** As activation takes it. */
const MAX_NAME_LENGTH = 128

function head({ end, texts, ownerOf, projectOf }: Writing, runner: LastRunner): ScenarioRunner {
  const { name = '', type, owner, projectId = '', id, connectedAt } = runner
  return {
    name: name.trim() === '' ? 'runner' : texts.name('runner', name).slice(0, MAX_NAME_LENGTH),
    ...omitUndefined({ type }),
    ...projectOf(owner, projectId),
    ...ownerOf(owner),
    ...omitUndefined({ id: ownId(id) }),
    ...spanOf('ago_ms', connectedAt ?? end, end),
  }
}

function living(writing: Writing, runner: LastRunner, former: Set<string>): ScenarioRunner {
  const { texts, note } = writing
  const { checklist, agents } = runner
  const capabilities = (runner.capabilities ?? []).filter(isCapability)
  const isEndpoint = typeOf(runner) === 'endpoint'
  const own = Object.fromEntries(
    agents.map((agent) => [texts.name('agent', textAt(agent, 'name')), toAgent(agent, texts)]),
  )
  const jobs = isEndpoint
    ? workOf('job', runner, writing, 'completed_job_ttl_seconds').flatMap((job) => jobOf(writing, job, own))
    : []
  for (const { agent = '' } of jobs) if (!Object.hasOwn(own, agent)) former.add(agent)
  const ended = workOf('bridgeCommand', runner, writing, 'bridge_completed_command_ttl_seconds')
  const commands = ended.flatMap((command) => commandOf(writing, command))
  const lacksBridge = commands.length > 0 && capabilities.length > 0 && !capabilities.includes(BRIDGE)
  const needsBridge = commands.length > 0 && isEndpoint && capabilities.length === 0
  if (lacksBridge || needsBridge) note(`runners that have '${BRIDGE}' again, for the commands that they have`)
  const declared = lacksBridge || needsBridge ? [...new Set([...capabilities, BRIDGE])] : capabilities
  const shown: unknown = texts.json(checklist)
  return {
    ...head(writing, runner),
    ...(isConnected(runner, writing) ? { simulate: 'heartbeat' } : { status: 'disconnected' }),
    ...(agents.length === 0 ? {} : { agents: own }),
    ...(declared.length === 0 ? {} : { capabilities: declared }),
    ...(isObject(shown) ? { checklist: shown } : {}),
    ...(jobs.length === 0 ? {} : { jobs }),
    ...(commands.length === 0 ? {} : { commands }),
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
  const { timeout } = agent
  const text = (name: string): { [key: string]: string } => {
    const value = agent[name]
    return typeof value === 'string' ? { [name]: name === 'language' ? value : texts.text(value) } : {}
  }
  return {
    ...{ ...text('description'), ...text('language'), ...text('executable'), ...text('source_file') },
    ...(Array.isArray(agent['params'])
      ? { params: objectsAt(agent, 'params').flatMap((param) => toParam(param, texts)) }
      : {}),
    ...(typeof timeout === 'number' && timeout !== 0 ? { timeout } : {}),
  }
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

interface Moments {
  readonly created: number | undefined
  readonly handedOut: number | undefined
  readonly ended: number | undefined
}

function momentsOf({ wire, createdAt, handedOutAt, endedAt }: LastWork): Moments {
  return {
    created: momentAt(wire, 'created_at') ?? momentAt(wire, 'submitted_at') ?? createdAt,
    handedOut: momentAt(wire, 'started_at') ?? momentAt(wire, 'picked_up_at') ?? handedOutAt,
    ended: momentAt(wire, 'completed_at') ?? endedAt,
  }
}

function pastOf(work: LastWork, end: number) {
  const { created, handedOut, ended } = momentsOf(work)
  const isUnfinished = isOpen(work.machine, work.status)
  const isLeft = work.status === 'pending'
  return {
    ...omitUndefined({ id: ownId(work.id) }),
    ...spanOf('ago_ms', created ?? handedOut ?? ended ?? end, end),
    ...(isLeft ? {} : spanOf('waited_ms', created, handedOut ?? ended)),
    ...(isUnfinished ? {} : spanOf('for_ms', handedOut ?? ended, ended)),
    ...(isUnfinished || handedOut !== undefined || work.status === 'timed_out' ? {} : { handed_out: false }),
  }
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
  const own = agents[agent]?.timeout ?? 0
  const usual = own > 0 ? own : state.settings.job_timeout_seconds
  const blueprint = textAt(wire, 'blueprint_name')
  return [
    {
      ...{ agent, status },
      ...pastOf(job, end),
      ...(timeout > 0 && timeout !== usual ? { timeout } : {}),
      ...omitUndefined({ inputs: texts.json(wire['inputs']) }),
      ...outcomeOf(writing, job),
      ...idsIn(wire, /^(?:trace|mask)_id$/),
      ...(isObject(wire['prompt_masks']) ? { prompt_masks: idsIn(wire['prompt_masks'], ANY_ID) } : {}),
      ...(blueprint === '' ? {} : { blueprint_name: texts.name('environment', blueprint) }),
      ...(isObject(wire['metadata']) ? { metadata: idsIn(wire['metadata'], DATASET) } : {}),
      ...(logs.length === 0 ? {} : { logs: logs.map((line) => toLine(line, texts)) }),
    },
  ]
}

/** What was reported of a job. */
function outcomeOf({ texts, note }: Writing, { wire, status }: LastWork): Pick<ScenarioJob, 'result' | 'error'> {
  const error = textAt(wire, 'error')
  const { result } = wire
  const isSaid = result !== undefined || error.trim() !== ''
  if (isSaid && status === 'pending') note('pending jobs without what was reported of them')
  if (!isSaid && status === 'completed') note('jobs completed without a result, which have an empty one')
  if (!isSaid && status === 'failed') note('jobs failed without an error, which have one')
  if (status === 'pending') return {}
  return {
    ...omitUndefined({ result: texts.json(result) }),
    ...(error.trim() === '' ? {} : { error: texts.text(error) }),
  }
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
  const [stream, text] = [textAt(line, 'stream'), textAt(line, 'text')]
  return {
    stream: stream.trim() === '' ? 'stdout' : String(texts.json(stream)),
    text: text.trim() === '' ? '...' : texts.text(text),
  }
}

const TYPES = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'] as const

function commandOf(writing: Writing, command: LastWork): ScenarioCommand[] {
  const { end, texts, note, state } = writing
  const { wire } = command
  const status = conditions.bridgeCommand.status.values.find((each) => each === command.status)
  const type = TYPES.find((each) => each === wire['type'])
  const args: unknown = texts.json(wire['args'])
  if (type === undefined || status === undefined || args === undefined || args === null) {
    note('commands left out, of which only a part is known')
    return []
  }
  const timeout = Number(wire['timeout_seconds'] ?? state.settings.bridge_default_command_timeout_seconds)
  const { created = end } = momentsOf(command)
  if (
    isOpen('bridgeCommand', status) &&
    created + spanMs('command_lifetime', state.settings, { timeout_seconds: timeout }) < end
  )
    return []
  const { result, error, duration_ms } = wire
  const isReported = status === 'completed' || status === 'failed'
  const outcome = omitUndefined({ result: texts.json(result), error: texts.json(error) })
  return [
    {
      ...{ type, args, status },
      ...pastOf(command, end),
      ...(Number.isSafeInteger(timeout) && timeout > 0 ? { timeout_seconds: timeout } : {}),
      ...(isReported ? outcome : {}),
      ...(isReported && typeof duration_ms === 'number' && Number.isSafeInteger(duration_ms) ? { duration_ms } : {}),
    },
  ]
}
