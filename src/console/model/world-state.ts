/**
 * What the console knows of the simulated world: filled from one view, kept up to date by events. Records are changed
 * in place; `revision` says that something changed, once a frame however much happened.
 */
import { signal } from '@preact/signals'
import type { CommandView, EventView, JobView, ProjectView } from '../../kernel/admin-views.js'
import type { RunnerView, SessionView, TransitionView, WorldView } from '../../kernel/admin-views.js'
import { gather } from './platform.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export type Job = Mutable<JobView>
export type Command = Mutable<CommandView>

export interface Runner extends Mutable<RunnerView> {
  heartbeatAt: number
  /** In the order of creation. */
  readonly jobs: Map<string, Job>
  readonly commands: Map<string, Command>
  readonly counts: Map<string, number>
}

export const revision = signal(0)

/** Makes a component be drawn again when the world has changed: each one that shows records has to say so. */
export function heedWorld(): void {
  void revision.value
}

export const runners = new Map<string, Runner>()
/** All jobs, in the order of creation. */
export const jobs = new Map<string, Job>()
export const commands = new Map<string, Command>()
export const projects = new Map<string, ProjectView>()
/** Sessions that wait for an activation. */
export const sessions = new Map<string, SessionView>()

/** What jobs and commands say alike, under one name each. */
export type WorkFacts = ReturnType<typeof workOf>

export function workOf(item: Omit<JobView, 'id'> | Omit<CommandView, 'id'>) {
  const { status, completed_at: ended } = item
  if ('agent_name' in item) {
    const { agent_name: name, created_at: made, started_at: begun } = item
    return { kind: 'job' as const, name, status, made, begun, ended }
  }
  const { type: name, submitted_at: made, picked_up_at: begun } = item
  return { kind: 'command' as const, name, status, made, begun, ended }
}

/** The name of a project, with its workspace where that is not the usual one. */
export function titleOf({ name, workspace }: ProjectView): string {
  return workspace === 'default' ? name : `${name} (${workspace})`
}

/** Tells everything that shows the world to look again, with the next frame. */
const tellChange = gather('frame', () => revision.value++)

export function loadWorld(view: WorldView): void {
  for (const store of [runners, jobs, commands, projects, sessions]) store.clear()
  for (const project of view.projects) projects.set(project.id, project)
  for (const session of view.sessions) if (!session.is_activated) sessions.set(session.id, session)
  for (const runner of view.runners) addRunner(runner)
  for (const job of view.jobs) add(jobKind, { ...job })
  for (const command of view.commands) add(commandKind, { ...command })
  revision.value++
}

/** Takes over what is known of a runner, whether it was known before or not. */
export function addRunner(view: RunnerView): void {
  const { id, name, type, status, project_id, workspace, user } = view
  const { connected_at, last_heartbeat_at, agents, capabilities, is_simulated } = view
  const own = { id, name, type, status, project_id, workspace, user }
  const told = { connected_at, last_heartbeat_at, agents, capabilities, is_simulated }
  const fields = { ...own, ...told, heartbeatAt: Date.parse(last_heartbeat_at) }
  const known = runners.get(id)
  if (known === undefined) runners.set(id, { ...fields, jobs: new Map(), commands: new Map(), counts: new Map() })
  else Object.assign(known, fields)
  tellChange()
}

function count(runner: Runner | undefined, state: string, step: number): void {
  runner?.counts.set(state, (runner.counts.get(state) ?? 0) + step)
}

/** What an event leaves open: things that only the server can tell. */
interface Unknown {
  readonly runner?: string
  readonly projects?: true
}

export function applyEvent(event: EventView): Unknown {
  if ('machine' in event) return applyTransition(event)
  if (event.type !== 'request') return {}
  if (event.status < 200 || event.status >= 300) return {}
  const runner = runners.get(runnerIn(event.path))
  const { operation = '' } = event
  if (PROJECT_CALLS.includes(operation)) return { projects: true }
  if (runner === undefined) return {}
  if (operation === 'heartbeat') {
    runner.heartbeatAt = Date.parse(event.at)
    runner.last_heartbeat_at = event.at
    tellChange()
  }
  return operation === 'registerAgents' || operation === 'patchChecklist' ? { runner: runner.id } : {}
}

const PROJECT_CALLS: readonly string[] = ['createProject', 'retrieveProject', 'deleteProjectById']

/** The runner whose id stands in a path; '' without one. */
export function runnerIn(path: string): string {
  return /\/local-runners\/([0-9a-f-]{36})(?:\/|$)/i.exec(path)?.[1]?.toLowerCase() ?? ''
}

function applyTransition(event: TransitionView): Unknown {
  switch (event.machine) {
    case 'pairingSession':
      tellChange()
      if (event.to === 'open') return { projects: true }
      sessions.delete(event.resource.id)
      return {}
    case 'runner':
      return applyRunner(event)
    case 'job':
      return applyWork(jobKind, event)
    case 'bridgeCommand':
      return applyWork(commandKind, event)
  }
}

function applyRunner({ to, resource, at }: TransitionView): Unknown {
  const runner = runners.get(resource.id)
  if (to === 'none') {
    if (runner === undefined) return {}
    runners.delete(runner.id)
    for (const id of runner.jobs.keys()) jobs.delete(id)
    for (const id of runner.commands.keys()) commands.delete(id)
    tellChange()
    return {}
  }
  if (to !== 'connected' && to !== 'disconnected') return {}
  if (runner === undefined) return { runner: resource.id }
  runner.status = to
  if (to === 'connected') runner.heartbeatAt = Date.parse(at)
  tellChange()
  return {}
}

/** What jobs and commands, which come, move and go in the same way, differ in. */
interface Kind<Item extends Job | Command> {
  readonly all: Map<string, Item>
  readonly of: (runner: Runner) => Map<string, Item>
  /** A new one from its first event, which says what is done by its name; undefined when that does not say enough. */
  readonly create: (id: string, runner_id: string, name: string, at: string) => Item | undefined
  /** The state of one that is in work, and the field that says since when. */
  readonly busy: 'running' | 'picked_up'
  readonly begun: 'started_at' | 'picked_up_at'
}

const jobKind: Kind<Job> = {
  ...{ all: jobs, of: (runner) => runner.jobs, busy: 'running', begun: 'started_at' },
  create: (id, runner_id, agent_name, created_at) => ({ id, runner_id, agent_name, status: 'pending', created_at }),
}

const commandKind: Kind<Command> = {
  ...{ all: commands, of: (runner) => runner.commands, busy: 'picked_up', begun: 'picked_up_at' },
  create: (id, runner_id, type, submitted_at) =>
    isCommandType(type) ? { id, runner_id, type, status: 'pending', submitted_at } : undefined,
}

function add<Item extends Job | Command>({ all, of }: Kind<Item>, item: Item): void {
  all.set(item.id, item)
  const runner = runners.get(item.runner_id)
  if (runner !== undefined) of(runner).set(item.id, item)
  count(runner, item.status, 1)
}

function applyWork<Item extends Job | Command>(kind: Kind<Item>, { from, to, resource, at }: TransitionView): Unknown {
  tellChange()
  const item = kind.all.get(resource.id)
  if (item === undefined) {
    const { id, runner_id, name = '' } = resource
    const created = from === 'none' && runner_id !== undefined ? kind.create(id, runner_id, name, at) : undefined
    if (created !== undefined) add(kind, created)
    return {}
  }
  const runner = runners.get(item.runner_id)
  count(runner, item.status, -1)
  if (to === 'none') {
    kind.all.delete(item.id)
    if (runner !== undefined) kind.of(runner).delete(item.id)
    return {}
  }
  const { busy, begun } = kind
  const times = to === busy ? { [begun]: at } : to === 'pending' ? { [begun]: undefined } : { completed_at: at }
  Object.assign(item, { status: to }, times)
  count(runner, item.status, 1)
  return {}
}

function isCommandType(name: string): name is Command['type'] {
  return ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'].includes(name)
}
