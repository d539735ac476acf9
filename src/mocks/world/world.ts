/** All state of a mock: its stores, wired together. Resolvers ask the stores; nothing outside changes a record. */
import type { SavedWorld } from '../../generated/kit-schema.js'
import type { QuirkId } from '../../generated/quirks.js'
import type { Clock, Timer } from '../../kernel/clock.js'
import { writeJson } from '../../kernel/json-text.js'
import { textOf } from '../../kernel/json-value.js'
import { constants } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { DEFAULT_PROJECT, type Settings } from '../base/settings.js'
import { BridgeCommands } from './bridge-commands.js'
import { createCollections, type Collections } from './collection.js'
import { Jobs } from './jobs.js'
import { hasQuirk, type Parts, type WorldDeviations } from './world-parts.js'
import type { RunnerRecord } from './records.js'
import { Runners } from './runners.js'
import { Sessions } from './sessions.js'

/** The simulated server's state. */
export class World {
  /** What the spec declares as kept: projects, traces, spans. */
  readonly collections: Collections
  readonly runners: Runners
  readonly sessions: Sessions
  readonly jobs: Jobs
  readonly commands: BridgeCommands
  readonly reaper: Reaper
  /** Read at the moment it matters; the values may change at any time. */
  readonly settings: Settings
  readonly deviations: WorldDeviations
  /** Counts the changes of what a snapshot holds, to keep copies up to date. */
  changes = 0
  private readonly clock: Clock

  constructor(given: Omit<Parts, 'touch'>) {
    const parts: Parts = { ...given, touch: () => void this.changes++ }
    this.clock = given.clock
    this.settings = given.settings
    this.deviations = given.deviations
    this.collections = createCollections(parts)
    this.runners = new Runners(parts, (runner) => {
      this.jobs.removeOf(runner)
      this.commands.removeOf(runner)
    })
    this.sessions = new Sessions(parts, this.runners)
    this.jobs = new Jobs(parts, this.runners)
    this.commands = new BridgeCommands(parts, this.runners)
    this.reaper = new Reaper(parts, this)
    this.reaper.start()
  }

  /**
   * The name of a project of a workspace, without loading what answers requests for projects.
   * @param workspace default: that of callers who name none
   */
  nameOfProject(id: string, workspace = DEFAULT_WORKSPACE): string | undefined {
    const project = this.collections.projects.find(createIdentity(workspace, LOCAL_USER), id)
    return textOf(project?.['name'])
  }

  /** The id of the project that every workspace has from the start; undefined when it is deleted. */
  defaultProject(workspace = DEFAULT_WORKSPACE): string | undefined {
    const caller = createIdentity(workspace, LOCAL_USER)
    return textOf(this.collections.projects.findBy(caller, 'name', DEFAULT_PROJECT)?.['id'])
  }

  /** Whether JSON of a caller is larger than a payload may be. */
  isOversized(json: unknown): boolean {
    const limit = this.settings.bridge_max_payload_bytes
    if (this.hasQuirk('payload-in-characters')) return JSON.stringify(json).length > limit
    const text = writeJson(json)
    // A UTF-16 code unit takes at most three bytes; only long texts need an exact count.
    return text.length > limit || (text.length * 3 > limit && UTF8.encode(text).length > limit)
  }

  hasQuirk(quirk: QuirkId): boolean {
    return hasQuirk(this, quirk)
  }

  /** Whether this is a server of an older version of Opik than that. */
  isBefore(version: string): boolean {
    return this.deviations.isBefore?.(version) === true
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.clock.now()
  }

  /** Waits for code that is being loaded; time does not move meanwhile. */
  during<Result>(loading: Promise<Result>): Promise<Result> {
    return this.clock.during(loading)
  }

  /** Sets every timer again, after the clock was set back. */
  rearm(): void {
    this.runners.rearm()
    this.jobs.rearm()
    this.commands.rearm()
    this.reaper.start()
  }

  /** Sends every waiting caller away with what it would get at the end of its wait. */
  dissolve(): void {
    this.jobs.dissolve()
    this.commands.dissolve()
  }
}

const UTF8 = new TextEncoder()

type SavedReaper = NonNullable<SavedWorld['reaper']>
type ReapedStores = Pick<World, 'runners' | 'jobs' | 'commands'>

/**
 * The reaper: every `reaper_interval_seconds` it looks at up to a hundred runners, notes the dead, purges those that
 * have been dead for long, and fails the jobs and commands whose time is over.
 */
class Reaper {
  private timer: Timer | undefined
  /** What the next runs still have to look at in this round. */
  private left: readonly RunnerRecord[] = []
  private readonly parts: Parts
  private readonly stores: ReapedStores

  constructor(parts: Parts, stores: ReapedStores) {
    this.parts = parts
    this.stores = stores
  }

  /** Restarts the rhythm from now on. */
  start(): void {
    const { clock, settings } = this.parts
    this.arm(clock.now() + settings.reaper_interval_seconds * 1000)
  }

  save(): SavedReaper {
    const runners = [...this.stores.runners.values()]
    const next = this.left.find(({ isGone }) => !isGone)
    const after = next && runners[runners.indexOf(next) - 1]?.id
    return { due: this.timer?.due ?? 0, ...omitUndefined({ after }) }
  }

  /** Goes on from where it was saved; the runners are there by now. */
  load({ due, after }: SavedReaper): void {
    this.arm(due)
    const runners = [...this.stores.runners.values()]
    const place = runners.findIndex(({ id }) => id === after)
    // A round whose place is not there any more is over.
    this.left = place < 0 ? [] : runners.slice(place + 1)
  }

  /** One run, now. Returns how many runners it looked at. */
  run(): number {
    const there = this.left.filter(({ isGone }) => !isGone)
    const round = there.length > 0 ? there : [...this.stores.runners.values()]
    const examined = round.slice(0, constants.runners_per_reaper_run)
    this.left = round.slice(examined.length)
    for (const runner of examined) this.examine(runner)
    if (this.parts.events.isHeard) this.parts.events.tell({ type: 'timer', name: 'reaper', examined: examined.length })
    return examined.length
  }

  private arm(due: number): void {
    this.timer?.cancel()
    this.timer = this.parts.clock.schedule(due, () => {
      this.run()
      this.start()
    })
  }

  private examine(runner: RunnerRecord): void {
    const { runners, jobs, commands } = this.stores
    jobs.timeOutOverdue(runner)
    const isSpared = runner.wire.type === 'endpoint' && hasQuirk(this.parts, 'endpoint-commands-unreaped')
    if (!isSpared) commands.timeOutOverdue(runner)
    if (runners.statusOf(runner) === 'connected') return
    const now = this.parts.clock.now()
    if (runner.deadSince === undefined) this.parts.touch()
    runner.deadSince ??= now
    runner.purgeAt ??= runner.deadSince + spanMs('dead_runner_purge', this.parts.settings)
    if (now >= runner.purgeAt) runners.remove(runner, 'timer.dead_runner_purge')
  }
}
