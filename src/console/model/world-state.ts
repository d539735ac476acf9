/**
 * What the console knows of the simulated world: filled from one view, kept up to date by events. Records are changed
 * in place; `revision` says that something changed, once a frame however much happened.
 */
import { computed, signal } from '@preact/signals'
import type { CommandView, EventView, JobView, ProjectView } from '../../kernel/admin-views.js'
import type { RunnerView, SessionView, TransitionView, WorldView } from '../../kernel/admin-views.js'
import { FRAME, gather } from './platform.js'

export type Runner = { -readonly [Name in keyof RunnerView]: RunnerView[Name] }

/** A job or a bridge command: what both say, under one name each. */
export interface WorkItem extends WorkFacts {
  readonly id: string
  readonly runner_id: string
}

export interface WorkFacts {
  readonly kind: 'job' | 'command'
  readonly name: string
  status: string
  readonly made: string
  begun: string | undefined
  ended: string | undefined
}

export const revision = signal(0)

/** Makes a component be drawn again when the world has changed: each one that shows records has to say so. */
export function heedWorld(): void {
  void revision.value
}

export const runners = new Map<string, Runner>()
/** All jobs and all commands, in the order of creation. */
export const work = { job: new Map<string, WorkItem>(), command: new Map<string, WorkItem>() }
export const projects = new Map<string, ProjectView>()
/** Sessions that wait for an activation. */
export const sessions = new Map<string, SessionView>()

export function factsOf(item: Omit<JobView, 'id'> | Omit<CommandView, 'id'>): WorkFacts {
  const { status, completed_at: ended } = item
  if ('agent_name' in item)
    return { kind: 'job', name: item.agent_name, status, made: item.created_at, begun: item.started_at, ended }
  return { kind: 'command', name: item.type, status, made: item.submitted_at, begun: item.picked_up_at, ended }
}

/** How much work each runner has: all of a kind, what is taken and what waits. */
const tallies = computed(() => {
  heedWorld()
  const all = new Map<string, ReturnType<typeof noWork>>()
  for (const { runner_id, kind, status } of [...work.job.values(), ...work.command.values()]) {
    const own = all.get(runner_id) ?? noWork()
    own[kind]++
    if (status === 'pending') own.queued++
    else if (BUSY.includes(status)) own.busy++
    all.set(runner_id, own)
  }
  return all
})

const BUSY: readonly string[] = ['running', 'picked_up']

function noWork() {
  return { job: 0, command: 0, busy: 0, queued: 0 }
}

export function tallyOf({ id }: Runner) {
  return tallies.value.get(id) ?? noWork()
}

/** The name of a project, with its workspace where that is not the usual one. */
export function titleOf({ name, workspace }: ProjectView): string {
  return workspace === 'default' ? name : `${name} (${workspace})`
}

/** Tells everything that shows the world to look again, with the next frame. */
const tellChange = gather(FRAME, () => revision.value++)

export function loadWorld(view: WorldView): void {
  for (const store of [runners, work.job, work.command, projects, sessions]) store.clear()
  for (const project of view.projects) projects.set(project.id, project)
  for (const session of view.sessions) if (!session.is_activated) sessions.set(session.id, session)
  for (const runner of view.runners) addRunner(runner)
  for (const item of [...view.jobs, ...view.commands]) {
    const facts = factsOf(item)
    work[facts.kind].set(item.id, { id: item.id, runner_id: item.runner_id, ...facts })
  }
  revision.value++
}

/** Takes over what is known of a runner, whether it was known before or not. */
export function addRunner(view: RunnerView): void {
  runners.set(view.id, { ...view })
  tellChange()
}

/** What an event leaves open: things that only the server can tell. */
interface Unknown {
  readonly runner?: string
  readonly projects?: true
}

export function applyEvent(event: EventView): Unknown {
  if ('machine' in event) {
    tellChange()
    return applyTransition(event)
  }
  if (event.type !== 'request' || event.status < 200 || event.status >= 300) return {}
  const runner = runners.get(runnerIn(event.path))
  const { operation = '' } = event
  if (PROJECT_CALLS.includes(operation)) return { projects: true }
  if (runner === undefined) return {}
  if (operation === 'heartbeat') {
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
  const { machine, to, resource } = event
  if (machine === 'runner') return applyRunner(event)
  if (machine !== 'pairingSession') {
    const store = work[machine === 'job' ? 'job' : 'command']
    if (to === 'none') store.delete(resource.id)
    else noteWork(store, event)
  } else if (to === 'open') return { projects: true }
  else sessions.delete(resource.id)
  return {}
}

function applyRunner({ to, resource: { id }, at }: TransitionView): Unknown {
  const runner = runners.get(id)
  if (to === 'none') {
    runners.delete(id)
    for (const store of Object.values(work))
      for (const item of store.values()) if (item.runner_id === id) store.delete(item.id)
  } else if (to === 'connected' || to === 'disconnected') {
    if (runner === undefined) return { runner: id }
    runner.status = to
    if (to === 'connected') runner.last_heartbeat_at = at
  }
  return {}
}

/** Notes the move of a job or command to a state that it can be in. */
export function noteWork(store: Map<string, WorkItem>, { machine, from, to, resource, at }: TransitionView): void {
  const { id, runner_id, name = '' } = resource
  const item = store.get(id)
  if (item !== undefined) {
    item.status = to
    if (BUSY.includes(to)) item.begun = at
    else if (to === 'pending') item.begun = undefined
    else item.ended = at
  } else if (from === 'none' && runner_id !== undefined) {
    const kind = machine === 'job' ? 'job' : 'command'
    store.set(id, { kind, id, runner_id, name, status: to, made: at, begun: undefined, ended: undefined })
  }
}
