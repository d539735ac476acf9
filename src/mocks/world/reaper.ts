/**
 * The reaper: every `reaper_interval_seconds` it looks at up to a hundred runners, notes the dead, purges those that
 * have been dead for long, and fails the jobs and commands whose time is over.
 */
import type { SavedWorld } from '../../generated/kit-schema.js'
import type { Timer } from '../../kernel/clock.js'
import { constants } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { BridgeCommands } from './bridge-commands.js'
import type { Jobs } from './jobs.js'
import { hasQuirk, type Parts } from './world-parts.js'
import type { RunnerRecord } from './records.js'
import type { Runners } from './runners.js'

type SavedReaper = NonNullable<SavedWorld['reaper']>

/** The periodic clean-up of a world. */
export class Reaper {
  private timer: Timer | undefined
  /** Those that were looked at in this round. */
  private readonly looked: RunnerRecord[] = []
  /** What the next runs still have to look at in this round. */
  private round: Iterator<RunnerRecord> | undefined
  private readonly parts: Parts
  private readonly stores: { runners: Runners; jobs: Jobs; commands: BridgeCommands }

  constructor(parts: Parts, stores: { runners: Runners; jobs: Jobs; commands: BridgeCommands }) {
    this.parts = parts
    this.stores = stores
  }

  /** Restarts the rhythm from now on. */
  start(): void {
    const { clock, settings } = this.parts
    this.arm(clock.now() + settings.reaper_interval_seconds * 1000)
  }

  save(): SavedReaper {
    // One that is purged since cannot say where the round stands; the one before it can.
    const after = this.looked.findLast(({ isGone }) => !isGone)?.id
    return { due: this.timer?.due ?? 0, ...omitUndefined({ after }) }
  }

  /** Goes on from where it was saved; the runners are there by now. */
  load({ due, after }: SavedReaper): void {
    this.arm(due)
    if (after === undefined) return
    // A round whose place is not there any more is over.
    for (const { id } of this.take(Infinity)) if (id === after) return
  }

  /** One run, now. Returns how many runners it looked at. */
  run(): number {
    let examined = 0
    for (const runner of this.take()) {
      this.examine(runner)
      examined++
    }
    if (this.parts.events.isHeard) this.parts.events.tell({ type: 'timer', name: 'reaper', examined })
    return examined
  }

  private arm(due: number): void {
    this.timer?.cancel()
    this.timer = this.parts.clock.schedule(due, () => {
      this.run()
      this.start()
    })
  }

  private endRound(): void {
    this.round = undefined
    this.looked.length = 0
  }

  /** The next runners in turn; a round that ends within a run is not begun again by the same run. */
  private *take(most: number = constants.runners_per_reaper_run): Iterable<RunnerRecord> {
    this.round ??= this.stores.runners.values()[Symbol.iterator]()
    for (let taken = 0; taken < most; taken++) {
      const next = this.round.next()
      if (next.done === true) {
        this.endRound()
        return
      }
      this.looked.push(next.value)
      yield next.value
    }
  }

  private examine(runner: RunnerRecord): void {
    const { runners, jobs, commands } = this.stores
    jobs.timeOutOverdue(runner)
    const isSpared = runner.wire.type === 'endpoint' && hasQuirk(this.parts, 'endpoint-commands-unreaped')
    if (!isSpared) commands.timeOutOverdue(runner)
    if (runners.statusOf(runner) === 'connected') return
    const now = this.parts.clock.now()
    if (runner.deadSince === undefined) {
      runner.deadSince = now
      this.parts.touch('beat', runner.id)
    }
    runner.purgeAt ??= runner.deadSince + spanMs('dead_runner_purge', this.parts.settings)
    if (now >= runner.purgeAt) runners.remove(runner, 'timer.dead_runner_purge')
  }
}
