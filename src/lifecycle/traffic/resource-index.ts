/** Everything that traffic is about, by its id; what no call has named for long is forgotten, so that it stays bounded. */
import type { RunnerType } from '../../kernel/types.js'
import { renew } from '../../kernel/group-by.js'
import { workMachines, type WorkMachine } from '../roles.js'
import type { TimerLimits } from '../timers.js'
import { createWorld, findOwnRunner, type TrackedWorld } from '../tracker/tracked-world.js'
import type { ObservedCall } from './observed-call.js'
import { RunnerEntry, WorkEntry, type RecordingFacts } from './tracked-entries.js'

const MAX_RUNNERS = 5000
const MAX_WORK = 5000
const FOREVER_SECONDS = 1e12

export class ResourceIndex {
  readonly runners = new Map<string, RunnerEntry>()
  readonly work: Readonly<Record<WorkMachine, Map<string, WorkEntry>>> = { job: new Map(), bridgeCommand: new Map() }
  readonly sessions = new Map<string, string>()
  private readonly byProject = new Map<string, Set<RunnerEntry>>()
  /** Until when runners may have come or gone. */
  activeUntil = -Infinity
  /** Workspace of each caller. */
  readonly workspaces: Record<string, string> = {}
  private readonly projects = new Map<string, string>()
  /** Projects that are surely there, by id, with their workspace and since when. */
  readonly knownProjects = new Map<string, { workspace: string; since: number }>()
  /** Whether everything that there is has been seen, and nothing of it is forgotten. */
  isComplete: boolean
  /** From when on answers teach, in milliseconds: what was under way before may still act until then. */
  learnsFrom: number | undefined
  readonly facts: RecordingFacts
  private readonly patient: TimerLimits

  constructor(facts: RecordingFacts) {
    this.facts = facts
    this.isComplete = facts.startsEmpty
    this.patient = { ...facts.limits, ...PATIENT }
  }

  /** What a world begins with. */
  get start(): Parameters<typeof createWorld>[0] {
    const { workspaces, projects, facts } = this
    return { limits: facts.limits, workspaces, projects, isShared: true, earlier: new Set() }
  }

  runner(id: string, workspace: string): RunnerEntry {
    const entry = renew(this.runners, id, () => new RunnerEntry(id, workspace, this.facts))
    if (this.runners.size > MAX_RUNNERS) this.dropRunner()
    return entry
  }

  /** Notes in which slot a runner is: calls that named it before may have come from another workspace. */
  assignSlot(entry: RunnerEntry, workspace: string, projectId: string, type: RunnerType): void {
    Object.assign(entry, { workspace, projectId, type })
    this.projects.set(projectId, workspace)
    const there = this.byProject.get(projectId) ?? new Set()
    this.byProject.set(projectId, there.add(entry))
  }

  /** Whether a workspace surely had a project at a time. */
  hasProject(id: string, workspace: string, time: number): boolean {
    const known = this.knownProjects.get(id)
    return known?.workspace === workspace && known.since < time
  }

  inProject(projectId = ''): readonly RunnerEntry[] {
    return [...(this.byProject.get(projectId) ?? [])]
  }

  findWork(machine: WorkMachine, id: string): WorkEntry | undefined {
    return this.work[machine].get(id)
  }

  workEntry(machine: WorkMachine, id: string): WorkEntry {
    const map = this.work[machine]
    const entry = renew(map, id, () => new WorkEntry(id, machine, this.facts.findings))
    const oldest = map.size > MAX_WORK ? findIdle(map) : undefined
    if (oldest === undefined) return entry
    this.isComplete = false
    this.drop(oldest)
    return entry
  }

  link({ id, work, waiting }: RunnerEntry, entry: WorkEntry): void {
    entry.runners.add(id)
    work[entry.machine].add(entry.id)
    waiting[entry.machine].add(entry.id)
  }

  workOf({ work }: RunnerEntry, ...of: readonly WorkMachine[]): WorkEntry[] {
    const machines = of.length > 0 ? of : workMachines
    return machines.flatMap((machine) => [...work[machine]].flatMap((id) => this.findWork(machine, id) ?? []))
  }

  /** What may be in a queue of a runner. What surely has left it is looked at no more. */
  waitingOf({ waiting }: RunnerEntry, machine: WorkMachine): WorkEntry[] {
    return [...waiting[machine]].flatMap((id) => {
      const work = this.findWork(machine, id)
      if (work?.mayWait === true) return work
      waiting[machine].delete(id)
      return []
    })
  }

  /** Worlds with one runner that has nothing to do, for something that is made on it: one for all that may own it. */
  bornWorlds(entry: RunnerEntry, { call, now }: ObservedCall): TrackedWorld[] {
    const { id, worlds } = entry
    const owned = worlds.filter((world) => findOwnRunner(world, call.caller, id) !== undefined)
    return distinctRunners(owned.length > 0 ? owned : worlds, id).map(({ sessions, runners }) => {
      // Its heartbeats and rates are judged by its own history.
      const world = createWorld({ ...this.start, limits: this.patient })
      for (const [sessionId, session] of sessions) world.sessions.set(sessionId, { ...session })
      const runner = runners.get(id)
      const lasting = { capabilities: ['bridge'], isGone: false, beat: now, firstDeath: undefined }
      if (runner !== undefined) world.runners.set(id, { ...runner, ...lasting })
      return world
    })
  }

  /** Whether it stays open if a caller owns a runner: not all owners are known, or the caller may be one of them. */
  isOpenTo({ worlds, calls, id, isBorn }: RunnerEntry, caller: string): boolean {
    const { mayBeSameCaller } = this.facts
    if (!isBorn || mayBeSameCaller === undefined) return !isBorn
    const owners = [...worlds.flatMap((world) => ownersIn(world, id)), ...calls.map((each) => each.call.caller)]
    return owners.some((each) => mayBeSameCaller(each, caller))
  }

  /** Whether a caller may take a runner away, with what is under way. */
  mayBeTaken(entry: RunnerEntry, caller: string): boolean {
    return entry.isChanging || this.mayOwn(entry, caller)
  }

  mayOwn(entry: RunnerEntry, caller: string): boolean {
    const { worlds, id } = entry
    if (worlds.length === 0 || this.isOpenTo(entry, caller)) return true
    return worlds.some((world) => ownersIn(world, id).includes(caller))
  }

  /** Forgets work of which nothing is known. */
  dropUnknown(work: WorkEntry): void {
    if (work.isIdle && !work.isKnown && work.created === undefined) this.drop(work)
  }

  private drop({ id, machine, runners, created }: WorkEntry): void {
    for (const runnerId of runners) {
      const entry = this.runners.get(runnerId)
      for (const ids of [entry?.work[machine], entry?.waiting[machine], entry?.announcing]) ids?.delete(id)
      if (entry !== undefined && created !== undefined) entry.hasOthers[machine] = true
    }
    this.work[machine].delete(id)
  }

  private dropRunner(): void {
    this.isComplete = false
    const entry = findIdle(this.runners)
    if (entry === undefined) return
    this.sessions.delete(entry.sessionId ?? '')
    const there = this.byProject.get(entry.projectId ?? '')
    there?.delete(entry)
    if (there?.size === 0) this.byProject.delete(entry.projectId ?? '')
    this.runners.delete(entry.id)
  }

  get size(): number {
    return this.runners.size + this.work.job.size + this.work.bridgeCommand.size
  }
}

const PATIENT = {
  ...{ heartbeat_ttl_seconds: FOREVER_SECONDS, dead_runner_purge_seconds: FOREVER_SECONDS },
  ...{ bridge_max_commands_per_minute: Infinity, bridge_max_write_commands_per_minute: Infinity },
}

/** The plainest of the worlds in which the same callers own a runner, with the same agents. */
function distinctRunners(worlds: readonly TrackedWorld[], id: string): readonly TrackedWorld[] {
  if (worlds.length < 2) return worlds
  const keyOf = (world: TrackedWorld) => JSON.stringify([ownersIn(world, id), world.runners.get(id)?.agents])
  return [...new Map(worlds.toReversed().map((world) => [keyOf(world), world])).values()].toReversed()
}

function findIdle<Entry extends RunnerEntry | WorkEntry>(map: ReadonlyMap<string, Entry>): Entry | undefined {
  for (const entry of map.values()) if (entry.isIdle) return entry
  return undefined
}

function ownersIn({ runners }: TrackedWorld, id: string): readonly string[] {
  const runner = runners.get(id)
  return runner === undefined ? [] : [runner.owner, ...runner.sharers]
}
