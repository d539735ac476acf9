/**
 * The reaper: every `reaper_interval_seconds` it looks at up to a hundred runners, notes the dead, purges those that
 * have been dead for long, and fails the jobs and commands whose time is over.
 */
import type { Timer } from '../../clock.js'
import type { BridgeCommands } from './bridge-commands.js'
import type { Jobs } from './jobs.js'
import type { Parts } from './parts.js'
import type { RunnerRecord } from './records.js'
import type { Runners } from './runners.js'

/** Runners that one run looks at. */
const MOST_PER_RUN = 100

/** The periodic clean-up of a world. */
export class Reaper {
  private timer: Timer | undefined
  /** What the next runs still have to look at in this round. */
  private round: Iterator<RunnerRecord> | undefined
  private readonly parts: Parts
  private readonly stores: { runners: Runners; jobs: Jobs; commands: BridgeCommands }

  constructor(parts: Parts, stores: { runners: Runners; jobs: Jobs; commands: BridgeCommands }) {
    this.parts = parts
    this.stores = stores
  }

  /** Starts the rhythm anew, from now on. */
  start(): void {
    this.timer?.cancel()
    const { clock, settings } = this.parts
    const due = clock.now() + settings.reaper_interval_seconds * 1000
    this.timer = clock.schedule(due, () => {
      this.run()
      this.start()
    })
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

  /** The next runners in turn; a round that ends within a run is not begun again by the same run. */
  private *take(): Iterable<RunnerRecord> {
    this.round ??= this.stores.runners.values()[Symbol.iterator]()
    for (let taken = 0; taken < MOST_PER_RUN; taken++) {
      const next = this.round.next()
      if (next.done === true) {
        this.round = undefined
        return
      }
      yield next.value
    }
  }

  private examine(runner: RunnerRecord): void {
    const { runners, jobs, commands } = this.stores
    jobs.failTimedOut(runner)
    commands.timeOutStale(runner)
    if (runners.statusOf(runner) === 'connected') return
    const now = this.parts.clock.now()
    runner.deadSince ??= now
    if (now - runner.deadSince >= this.parts.settings.dead_runner_purge_seconds * 1000) runners.purge(runner)
  }
}
