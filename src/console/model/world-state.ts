/** The simulated world as the server told it last, and what the pages derive from that. A component that asks follows it. */
import { computed, signal } from '@preact/signals'
import type { CommandView, JobView, ProjectView, RunnerView, WorldView } from '../../generated/kit-schema.js'

/** A job or a bridge command: what both say, under one name each. */
export interface WorkItem {
  readonly kind: 'job' | 'command'
  readonly id: string
  readonly runner_id: string
  readonly name: string
  readonly status: string
  readonly made: string
  readonly begun: string | undefined
  readonly ended: string | undefined
}

/** With the server's version and set-up; undefined until it has been read. */
export const world = signal<WorldView | undefined>(undefined)

const listed = <Item extends { readonly id: string }>(list: (view: WorldView) => readonly Item[]) =>
  computed(() => new Map(world.value && list(world.value).map((item) => [item.id, item] as const)))

export const runners = listed(({ runners: all }) => all)
export const projects = listed(({ projects: all }) => all)
/** Sessions that wait for an activation. */
export const sessions = listed(({ sessions: all }) => all.filter(({ is_activated: isDone }) => !isDone))
/** All jobs and all commands, in the order of creation. */
export const work = {
  job: listed(({ jobs }) => jobs.map((job) => toItem(job, job.id))),
  command: listed(({ commands }) =>
    commands.map((each) => toItem(each, each.id)).sort((a, b) => Date.parse(a.made) - Date.parse(b.made)),
  ),
} as const

/** The settings that are numbers; the others are the profile's. */
export const settings = computed<Readonly<Record<string, number>>>(() => {
  const told = Object.entries(world.value?.settings ?? {})
  return Object.fromEntries(told.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
})

/** @param id how it is called among its kind, which a command by itself says under another name than a job */
export function toItem(item: Omit<JobView, 'id'> | Omit<CommandView, 'id'>, id: string): WorkItem {
  const { runner_id, status, completed_at: ended } = item
  const both = { id, runner_id, status, ended }
  return 'agent_name' in item
    ? { kind: 'job', name: item.agent_name, made: item.created_at, begun: item.started_at, ...both }
    : { kind: 'command', name: item.type, made: item.submitted_at, begun: item.picked_up_at, ...both }
}

const NO_WORK = { job: 0, command: 0, busy: 0, queued: 0 }

/** How much work each runner has: all of a kind, what is taken and what waits. */
const tallies = computed(() => {
  const all = new Map<string, typeof NO_WORK>()
  for (const { runner_id, kind, status } of [...work.job.value.values(), ...work.command.value.values()]) {
    const own = all.get(runner_id) ?? { ...NO_WORK }
    own[kind]++
    if (status === 'pending') own.queued++
    else if (BUSY.includes(status)) own.busy++
    all.set(runner_id, own)
  }
  return all
})

export const BUSY: readonly string[] = ['running', 'picked_up']

export function tallyOf({ id }: RunnerView) {
  return tallies.value.get(id) ?? NO_WORK
}

/** The name of a project, with its workspace where that is not the usual one. */
export function titleOf({ name, workspace }: ProjectView): string {
  return workspace === 'default' ? name : `${name} (${workspace})`
}
