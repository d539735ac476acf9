/** Everything that traffic is about, by its id; what no call has named for long is forgotten, so that it stays bounded. */
import type { RunnerType } from '../../kernel/types.js'
import type { WorkMachine } from '../../lifecycle/roles.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import { mayBePurged } from '../../lifecycle/tracker/runner-states.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import {
  createRunner,
  createWorld,
  EMPTY_LINE,
  findOwnRunner,
  type TrackedWorld,
} from '../../lifecycle/tracker/tracked-world.js'
import type { Callers } from './callers.js'
import type { ObservedCall } from './observed-call.js'
import { withoutHeartbeats } from './queue-effects.js'
import { CommandRates } from './rates.js'
import { TrackedResource } from './tracked-resource.js'
import type { Findings } from './verdict.js'

export interface RunnerEntry {
  readonly id: string
  readonly resource: TrackedResource
  readonly queues: Readonly<Record<WorkMachine, TrackedResource>>
  /** Whether its session was seen being opened: then its beginning is known. */
  isBorn: boolean
  sessionId: string | undefined
  workspace: string
  projectId: string | undefined
  type: RunnerType | undefined
  /** Whether it was registered a second time: what it had may be there again or not. */
  isRevived: boolean
  /** When something may have ended it, or brought it back, for the last time. */
  changedUntil: number
  /** When its owner has surely ended it, until it is activated once more. */
  goneAt: number | undefined
  /** Its jobs in the order of creation, as far as they are remembered, and whether those are all. */
  made: { id: string; moment: TimeRange }[]
  hasOtherJobs: boolean
  /** Jobs that were cancelled and may still have to be announced. */
  readonly announcing: Set<string>
  readonly work: Readonly<Record<WorkMachine, Set<string>>>
  /** The end of the latest creation that may be in a queue. */
  fedUntil: number
  /** How many jobs and commands may have been made on it, since its beginning if that was seen. */
  readonly fed: Record<WorkMachine, number>
  readonly rates: CommandRates
}

export interface WorkEntry {
  readonly id: string
  readonly machine: WorkMachine
  readonly resource: TrackedResource
  readonly runners: Set<string>
  created: TimeRange | undefined
  /** When it was cancelled: the latest calls. */
  cancels: TimeRange[]
  /** When readers have waited for it: the latest. */
  readers: TimeRange[]
  knowsLogs: boolean
}

const MAX_RUNNERS = 5000
const MAX_WORK = 5000
const MAX_PROJECTS = 20_000

export interface ResourceIndexParts {
  limits: TimerLimits
  findings: Findings
  isComplete: boolean
  /** What the clock showed at the recording's zero, in milliseconds since 1970. */
  zero: number | undefined
  /** Whether two callers that differ may be one. Default: they are not. */
  mayBeSameCaller?: Callers['mayBeSameCaller'] | undefined
}

export class ResourceIndex {
  readonly runners = new Map<string, RunnerEntry>()
  readonly work: Readonly<Record<WorkMachine, Map<string, WorkEntry>>> = { job: new Map(), bridgeCommand: new Map() }
  readonly sessions = new Map<string, string>()
  private readonly byProject = new Map<string, Set<RunnerEntry>>()
  private readonly ambiguousSlots = new Set<string>()
  /** Until when runners of a workspace may have come or gone. */
  private readonly activeUntil = new Map<string, number>()
  private readonly workspaces: Record<string, string> = {}
  private readonly projects = new Map<string, string>()
  /** Projects that are surely there, by id, with their workspace and since when. */
  private readonly knownProjects = new Map<string, { workspace: string; since: number }>()
  /** Whether everything that there is has been seen, and nothing of it is forgotten. */
  isComplete: boolean
  private readonly parts: ResourceIndexParts
  private readonly patient: TimerLimits

  constructor(parts: ResourceIndexParts) {
    this.parts = parts
    this.isComplete = parts.isComplete
    this.patient = withoutHeartbeats(parts.limits)
  }

  addCaller(caller: string, workspace: string): void {
    this.workspaces[caller] = workspace
  }

  /** What a world begins with; `isPatient`: heartbeats and rates are judged elsewhere. */
  start(isPatient: boolean): Parameters<typeof createWorld>[0] {
    const { workspaces, projects } = this
    const limits = isPatient ? this.patient : this.parts.limits
    return { limits, workspaces, projects, isShared: true, earlier: new Set() }
  }

  runner(id: string, workspace: string): RunnerEntry {
    const known = this.runners.get(id)
    if (known !== undefined) {
      touch(this.runners, id, known)
      return known
    }
    const entry: RunnerEntry = {
      ...{ id, workspace, isBorn: false, sessionId: undefined, projectId: undefined, type: undefined },
      resource: new TrackedResource('runner', this.parts.findings),
      queues: {
        job: new TrackedResource('queue', this.parts.findings),
        bridgeCommand: new TrackedResource('queue', this.parts.findings),
      },
      ...{
        isRevived: false,
        changedUntil: -Infinity,
        goneAt: undefined,
        made: [],
        hasOtherJobs: true,
        fedUntil: -Infinity,
      },
      fed: { job: 0, bridgeCommand: 0 },
      ...{ work: { job: new Set(), bridgeCommand: new Set() }, announcing: new Set() },
      rates: new CommandRates(this.parts.limits, this.parts.zero),
    }
    this.runners.set(id, entry)
    this.shrinkRunners()
    return entry
  }

  /** Notes in which slot a runner is: calls that named it before may have come from another workspace. */
  assignSlot(entry: RunnerEntry, workspace: string, projectId: string, type: RunnerType): void {
    entry.workspace = workspace
    entry.projectId = projectId
    entry.type = type
    this.projects.set(projectId, entry.workspace)
    const there = this.byProject.get(projectId) ?? new Set()
    this.byProject.set(projectId, there.add(entry))
  }

  addProject(id: string, workspace: string, since: number): void {
    this.knownProjects.set(id, { workspace, since })
    if (this.knownProjects.size > MAX_PROJECTS) this.knownProjects.delete(this.knownProjects.keys().next().value ?? '')
  }

  dropProject(id: string): void {
    this.knownProjects.delete(id)
  }

  /** Whether a project of this id was made, and not deleted since. */
  knowsProject(id: string): boolean {
    return this.knownProjects.has(id)
  }

  /** Whether a workspace surely had a project at a time. */
  hasProject(id: string, workspace: string, time: number): boolean {
    const known = this.knownProjects.get(id)
    return known?.workspace === workspace && known.since < time
  }

  /** A runner comes or goes, perhaps one that was never seen. */
  markActivity({ workspace, until }: Pick<ObservedCall, 'workspace' | 'until'>): void {
    this.activeUntil.set(workspace, Math.max(this.activeUntil.get(workspace) ?? -Infinity, until))
  }

  /** Whether no runner has come or gone in a workspace since then. */
  isCalmSince(workspace: string, time: number): boolean {
    return (this.activeUntil.get(workspace) ?? -Infinity) < time
  }

  /** Activations in one slot have overlapped: several runners may be in it from then on. */
  markSlotAmbiguous({ projectId, type }: RunnerEntry): void {
    this.ambiguousSlots.add(`${projectId} ${type}`)
  }

  isSlotAmbiguous({ projectId, type }: RunnerEntry): boolean {
    return this.ambiguousSlots.has(`${projectId} ${type}`)
  }

  inProject(projectId: string): readonly RunnerEntry[] {
    return [...(this.byProject.get(projectId) ?? [])]
  }

  findWork(machine: WorkMachine, id: string): WorkEntry | undefined {
    return this.work[machine].get(id)
  }

  workEntry(machine: WorkMachine, id: string): WorkEntry {
    const map = this.work[machine]
    const known = map.get(id)
    if (known !== undefined) {
      touch(map, id, known)
      return known
    }
    const entry: WorkEntry = {
      ...{ id, machine, resource: new TrackedResource('work', this.parts.findings), runners: new Set<string>() },
      ...{ created: undefined, cancels: [], readers: [], knowsLogs: true },
    }
    map.set(id, entry)
    if (map.size > MAX_WORK) this.dropOldest(map)
    return entry
  }

  link(entry: RunnerEntry, work: WorkEntry): void {
    work.runners.add(entry.id)
    entry.work[work.machine].add(work.id)
  }

  workOf({ work }: RunnerEntry): WorkEntry[] {
    return [
      ...[...work.job].map((id) => this.work.job.get(id)),
      ...[...work.bridgeCommand].map((id) => this.work.bridgeCommand.get(id)),
    ].filter((entry) => entry !== undefined)
  }

  /** Worlds with one runner that has nothing to do, for something that is made on it: one for all that may own it. */
  bornWorlds(entry: RunnerEntry, observed: ObservedCall, agents: Record<string, { name: string; timeout: number }>) {
    const { worlds } = entry.resource
    const owned = worlds.filter((world) => findOwnRunner(world, observed.call.caller, entry.id) !== undefined)
    const [first, ...others] = distinctOwners(owned.length > 0 ? owned : worlds, entry.id)
    return [
      this.bornWorld(entry, observed, agents, first),
      ...others.map((each) => this.bornWorld(entry, observed, agents, each)),
    ]
  }

  private bornWorld(
    entry: RunnerEntry,
    { call, now }: ObservedCall,
    agents: Record<string, { name: string; timeout: number }>,
    known: TrackedWorld | undefined,
  ): TrackedWorld {
    const world = createWorld(this.start(true))
    const { id, projectId = '', type = 'endpoint' } = entry
    const runner =
      known?.runners.get(id) ?? createRunner({ id, owner: call.caller, projectId, type, name: '', activated: now })
    for (const [sessionId, session] of known?.sessions ?? []) world.sessions.set(sessionId, { ...session })
    world.runners.set(id, {
      ...{ ...runner, agents, isGone: false, beat: now, firstDeath: undefined, unannounced: [] },
      ...{ job: EMPTY_LINE, bridgeCommand: EMPTY_LINE, capabilities: ['bridge'] },
      accepted: { all: 0, writes: 0, refusedWrites: 0 },
    })
    return world
  }

  /** Whether it stays open if a caller owns a runner: not all owners are known, or the caller may be one of them. */
  isOpenTo({ resource, id, isBorn }: RunnerEntry, caller: string): boolean {
    const { mayBeSameCaller } = this.parts
    if (!isBorn || mayBeSameCaller === undefined) return !isBorn
    const others = [
      ...resource.worlds.flatMap((world) => ownersIn(world, id)),
      ...resource.calls.map((each) => each.call.caller),
    ]
    return others.some((each) => mayBeSameCaller(each, caller))
  }

  mayOwn(entry: RunnerEntry, caller: string): boolean {
    const { resource, id } = entry
    if (resource.worlds.length === 0 || this.isOpenTo(entry, caller)) return true
    return resource.worlds.some((world) => ownersIn(world, id).includes(caller))
  }

  /** Forgets work of which nothing is known. */
  dropIdle({ id, machine, resource, created }: WorkEntry): void {
    if (resource.isIdle && !resource.isKnown && created === undefined) this.dropWork(this.work[machine], id)
  }

  private dropOldest(map: Map<string, WorkEntry>): void {
    this.isComplete = false
    for (const [id, { resource }] of map) {
      if (!resource.isIdle) continue
      this.dropWork(map, id)
      return
    }
  }

  private dropWork(map: Map<string, WorkEntry>, id: string): void {
    const work = map.get(id)
    for (const runnerId of work?.runners ?? []) {
      const entry = this.runners.get(runnerId)
      if (work !== undefined) entry?.work[work.machine].delete(id)
      entry?.announcing.delete(id)
    }
    map.delete(id)
  }

  private shrinkRunners(): void {
    if (this.runners.size <= MAX_RUNNERS) return
    this.isComplete = false
    for (const [id, entry] of this.runners) {
      if (!entry.resource.isIdle) continue
      if (entry.sessionId !== undefined) this.sessions.delete(entry.sessionId)
      const there = this.byProject.get(entry.projectId ?? '')
      there?.delete(entry)
      if (there?.size === 0) this.byProject.delete(entry.projectId ?? '')
      this.runners.delete(id)
      return
    }
  }

  get size(): number {
    return this.runners.size + this.work.job.size + this.work.bridgeCommand.size
  }
}

/** The plainest of the worlds in which the same callers own a runner. */
function distinctOwners(worlds: readonly TrackedWorld[], id: string): readonly TrackedWorld[] {
  if (worlds.length < 2) return worlds
  const owners = ({ runners }: TrackedWorld): string =>
    JSON.stringify([runners.get(id)?.owner, runners.get(id)?.sharers])
  return [...new Map(worlds.toReversed().map((world) => [owners(world), world])).values()].toReversed()
}

function touch<Entry>(map: Map<string, Entry>, id: string, entry: Entry): void {
  map.delete(id)
  map.set(id, entry)
}

/** Whether a runner is there, whatever is under way. */
export function presenceOf({ resource, id }: RunnerEntry, now: TimeRange): 'there' | 'gone' | 'open' {
  const { worlds } = resource
  const [plainest] = worlds
  if (plainest === undefined || resource.isChanging) return 'open'
  const first = stateIn(plainest, id, now)
  return worlds.every((world) => stateIn(world, id, now) === first) ? first : 'open'
}

function stateIn(world: TrackedWorld, id: string, now: TimeRange): 'there' | 'gone' | 'open' {
  const runner = world.runners.get(id)
  if (runner === undefined || runner.isGone) return 'gone'
  return mayBePurged(world, runner, now) ? 'open' : 'there'
}

function ownersIn({ runners }: TrackedWorld, id: string): readonly string[] {
  const runner = runners.get(id)
  return runner === undefined ? [] : [runner.owner, ...runner.sharers]
}
