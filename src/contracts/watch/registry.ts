/** Everything that traffic is about, by its id; what nobody has heard of for long is forgotten, so that it stays bounded. */
import type { RunnerType } from '../../kernel/types.js'
import { createRunner, createWorld, ownRunner, type Moment, type World } from '../model/rules/model-world.js'
import { mayBePurged } from '../model/rules/time-bounds.js'
import type { Limits } from '../target/target.js'
import type { Callers } from './callers.js'
import type { HeardCall } from './heard-call.js'
import { withoutHeartbeats } from './queue.js'
import { CommandRates } from './rates.js'
import { Thing } from './thing.js'
import type { Findings } from './verdict.js'

/** A runner, with what belongs to it. */
export interface RunnerEntry {
  readonly id: string
  readonly thing: Thing
  readonly jobQueue: Thing
  readonly commandQueue: Thing
  /** Whether its session was heard being opened: then its beginning is known. */
  isBorn: boolean
  sessionId: string | undefined
  workspace: string
  projectId: string | undefined
  type: RunnerType | undefined
  /** Whether it was registered a second time: what it had may be there again or not. */
  isRevived: boolean
  /** When something may have ended it, or brought it back, for the last time. */
  changedUntil: number
  /** Its jobs in the order of creation, as far as they are remembered, and whether those are all. */
  made: { id: string; moment: Moment }[]
  hasOtherJobs: boolean
  /** Jobs that were cancelled and may still have to be announced. */
  readonly announcing: Set<string>
  /** Jobs and commands that are remembered. */
  readonly jobs: Set<string>
  readonly commands: Set<string>
  /** The end of the latest creation that may be in a queue. */
  fedUntil: number
  readonly rates: CommandRates
}

/** A job or command. */
export interface WorkEntry {
  readonly id: string
  readonly thing: Thing
  readonly runners: Set<string>
  created: Moment | undefined
  /** When it was cancelled: the latest calls. */
  cancels: Moment[]
  /** When readers have waited for it: the latest. */
  readers: Moment[]
  knowsLogs: boolean
}

const MOST = { runners: 5000, work: 5000 }

/** What a registry needs. */
export interface RegistryParts {
  limits: Limits
  findings: Findings
  isComplete: boolean
  /** What the clock showed at the recording's zero, in milliseconds since 1970. */
  zero: number | undefined
  /** Whether two callers that differ may be one. Default: they are not. */
  mayBeOne?: Callers['mayBeOne'] | undefined
}

/** Keeps the entries. */
export class Registry {
  readonly runners = new Map<string, RunnerEntry>()
  readonly jobs = new Map<string, WorkEntry>()
  readonly commands = new Map<string, WorkEntry>()
  readonly sessions = new Map<string, string>()
  /** Runners by the project that they are in. */
  private readonly byProject = new Map<string, Set<RunnerEntry>>()
  private readonly mixed = new Set<string>()
  /** Until when runners of a workspace may have come or gone. */
  private readonly stirred = new Map<string, number>()
  private readonly workspaces: Record<string, string> = {}
  private readonly projects = new Map<string, string>()
  /** Whether everything that there is has been heard of, and nothing of it is forgotten. */
  isComplete: boolean
  private readonly limits: Limits
  private readonly patient: Limits
  private readonly findings: Findings
  private readonly zero: number | undefined
  private readonly mayBeOne: RegistryParts['mayBeOne']

  constructor({ limits, findings, isComplete, zero, mayBeOne }: RegistryParts) {
    this.isComplete = isComplete
    this.limits = limits
    this.patient = withoutHeartbeats(limits)
    this.findings = findings
    this.zero = zero
    this.mayBeOne = mayBeOne
  }

  /** A caller is heard of. */
  meet(caller: string, workspace: string): void {
    this.workspaces[caller] = workspace
  }

  /** What a world begins with; `isPatient`: without a thought for heartbeats. */
  start(isPatient: boolean): Parameters<typeof createWorld>[0] {
    const { workspaces, projects } = this
    const limits = isPatient ? this.patient : this.limits
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
      thing: new Thing('runner', this.findings),
      jobQueue: new Thing('queue', this.findings),
      commandQueue: new Thing('queue', this.findings),
      ...{ isRevived: false, changedUntil: -Infinity, made: [], hasOtherJobs: true, fedUntil: -Infinity },
      ...{ jobs: new Set(), commands: new Set(), announcing: new Set() },
      rates: new CommandRates(this.limits, this.zero),
    }
    this.runners.set(id, entry)
    this.shrinkRunners()
    return entry
  }

  /** It is known where a runner is: whoever has asked for it before may have done so from another workspace. */
  place(entry: RunnerEntry, workspace: string, projectId: string, type: RunnerType): void {
    entry.workspace = workspace
    entry.projectId = projectId
    entry.type = type
    this.projects.set(projectId, entry.workspace)
    const there = this.byProject.get(projectId) ?? new Set()
    this.byProject.set(projectId, there.add(entry))
  }

  /** A runner comes or goes, perhaps one that nobody has heard of. */
  stir({ workspace, until }: Pick<HeardCall, 'workspace' | 'until'>): void {
    this.stirred.set(workspace, Math.max(this.stirred.get(workspace) ?? -Infinity, until))
  }

  /** Whether nothing has come or gone in a workspace since then. */
  isCalmSince(workspace: string, time: number): boolean {
    return (this.stirred.get(workspace) ?? -Infinity) < time
  }

  /** Activations in one slot have overlapped: several runners may be in it from then on. */
  mix({ projectId, type }: RunnerEntry): void {
    this.mixed.add(`${projectId} ${type}`)
  }

  isMixed({ projectId, type }: RunnerEntry): boolean {
    return this.mixed.has(`${projectId} ${type}`)
  }

  inProject(projectId: string): readonly RunnerEntry[] {
    return [...(this.byProject.get(projectId) ?? [])]
  }

  work(map: Map<string, WorkEntry>, id: string): WorkEntry {
    const known = map.get(id)
    if (known !== undefined) {
      touch(map, id, known)
      return known
    }
    const thing = new Thing(map === this.jobs ? 'job' : 'command', this.findings)
    const entry = {
      ...{ id, thing, runners: new Set<string>(), created: undefined, cancels: [], readers: [] },
      knowsLogs: true,
    }
    map.set(id, entry)
    if (map.size > MOST.work) this.dropOldest(map)
    return entry
  }

  /** A job or command is on a runner. */
  link(entry: RunnerEntry, work: WorkEntry, isJob: boolean): void {
    work.runners.add(entry.id)
    ;(isJob ? entry.jobs : entry.commands).add(work.id)
  }

  /** Worlds with one runner that has nothing to do, for something that is born on it: one for all that may own it. */
  bornWorlds(
    entry: RunnerEntry,
    heard: HeardCall,
    agents: Record<string, { name: string; timeout: number }>,
  ): readonly [World, ...World[]] {
    const { worlds } = entry.thing
    const owned = worlds.filter((world) => ownRunner(world, heard.call.identity, entry.id) !== undefined)
    const [first, ...others] = distinctOwners(owned.length > 0 ? owned : worlds, entry.id)
    return [
      this.bornWorld(entry, heard, agents, first),
      ...others.map((each) => this.bornWorld(entry, heard, agents, each)),
    ]
  }

  private bornWorld(
    entry: RunnerEntry,
    { call, now }: HeardCall,
    agents: Record<string, { name: string; timeout: number }>,
    known: World | undefined,
  ): World {
    const world = createWorld(this.start(true))
    const { id, projectId = '', type = 'endpoint' } = entry
    const runner =
      known?.runners.get(id) ?? createRunner({ id, owner: call.identity, projectId, type, name: '', activated: now })
    for (const [sessionId, session] of known?.sessions ?? []) world.sessions.set(sessionId, { ...session })
    world.runners.set(id, {
      ...{ ...runner, agents, isGone: false, beat: now, firstDeath: undefined, jobs: [], queue: [], unannounced: [] },
      ...{ commands: [], commandQueue: [], takenPerhaps: [], capabilities: ['bridge'] },
      accepted: { all: 0, writes: 0, refusedWrites: 0 },
    })
    return world
  }

  /** Whether it stays open if somebody owns a runner: not all owners are known, or one of them may be he, or of its callers. */
  isOpenTo({ thing, id, isBorn }: RunnerEntry, caller: string): boolean {
    const { mayBeOne } = this
    if (!isBorn || mayBeOne === undefined) return !isBorn
    const others = [
      ...thing.worlds.flatMap((world) => ownersIn(world, id)),
      ...thing.calls.map((each) => each.call.identity),
    ]
    return others.some((each) => mayBeOne(each, caller))
  }

  /** Whether somebody may own a runner. */
  mayOwn(entry: RunnerEntry, caller: string): boolean {
    const { thing, id } = entry
    if (thing.worlds.length === 0 || this.isOpenTo(entry, caller)) return true
    return thing.worlds.some((world) => ownersIn(world, id).includes(caller))
  }

  /** Forgets what is known of nothing. */
  dropIdle(map: Map<string, WorkEntry>, { id, thing, created }: WorkEntry): void {
    if (thing.isIdle && !thing.isKnown && created === undefined) this.dropWork(map, id)
  }

  private dropOldest(map: Map<string, WorkEntry>): void {
    this.isComplete = false
    for (const [id, { thing }] of map) {
      if (!thing.isIdle) continue
      this.dropWork(map, id)
      return
    }
  }

  private dropWork(map: Map<string, WorkEntry>, id: string): void {
    for (const runnerId of map.get(id)?.runners ?? []) {
      const entry = this.runners.get(runnerId)
      ;(map === this.jobs ? entry?.jobs : entry?.commands)?.delete(id)
      entry?.announcing.delete(id)
    }
    map.delete(id)
  }

  private shrinkRunners(): void {
    if (this.runners.size <= MOST.runners) return
    this.isComplete = false
    for (const [id, { thing, sessionId, projectId }] of this.runners) {
      if (!thing.isIdle) continue
      const entry = this.runners.get(id)
      if (sessionId !== undefined) this.sessions.delete(sessionId)
      if (projectId !== undefined && entry !== undefined) {
        const there = this.byProject.get(projectId)
        there?.delete(entry)
        if (there?.size === 0) this.byProject.delete(projectId)
      }
      this.runners.delete(id)
      return
    }
  }

  /** How many things are remembered. */
  get size(): number {
    return this.runners.size + this.jobs.size + this.commands.size
  }
}

/** The plainest of the worlds in which the same callers own a runner. */
function distinctOwners(worlds: readonly World[], id: string): World[] {
  const owners = ({ runners }: World): string => JSON.stringify([runners.get(id)?.owner, runners.get(id)?.sharers])
  return [...new Map(worlds.toReversed().map((world) => [owners(world), world])).values()].toReversed()
}

function touch<Entry>(map: Map<string, Entry>, id: string, entry: Entry): void {
  map.delete(id)
  map.set(id, entry)
}

/** Whether a runner is there, whatever is under way. */
export function presenceOf({ thing, id }: RunnerEntry, now: Moment): 'there' | 'gone' | 'open' {
  const { worlds } = thing
  if (worlds.length === 0) return 'open'
  const states = worlds.map((world) => stateIn(world, id, now))
  const [first = 'open'] = states
  return thing.isChanging || states.some((each) => each !== first) ? 'open' : first
}

function stateIn(world: World, id: string, now: Moment): 'there' | 'gone' | 'open' {
  const runner = world.runners.get(id)
  if (runner === undefined || runner.isGone) return 'gone'
  return mayBePurged(world, runner, now) ? 'open' : 'there'
}

function ownersIn({ runners }: World, id: string): readonly string[] {
  const runner = runners.get(id)
  return runner === undefined ? [] : [runner.owner, ...runner.sharers]
}
