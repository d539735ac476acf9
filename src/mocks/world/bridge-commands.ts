/**
 * Bridge commands: submission with its rates, waiting readers, and the end of unfinished commands. What they share with
 * jobs is in `work-store`.
 */
import { copySharedFields } from '../../kernel/shared-fields.js'
import type { StopSignal } from '../../kernel/clock.js'
import { isEnd } from '../../lifecycle/rule-effects.js'
import { commandTimeout, isWrite } from '../../lifecycle/facts.js'
import { decide, type Rule } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type { BridgeCommandItem, BridgeCommandSubmitRequest, BridgeCommandType } from '../../kernel/types.js'
import { announceTimer, hasQuirk, newId, type Parts } from './world-parts.js'
import { CommandRecord, keepNumbers, type RunnerRecord } from './records.js'
import type { Runners } from './runners.js'
import { WorkStore } from './work-store.js'

/** All commands that can still be read. */
export class BridgeCommands extends WorkStore<CommandRecord, BridgeCommandItem, 'BridgeCommandResultRequest'> {
  constructor(parts: Parts, runners: Runners) {
    super(parts, runners, {
      ...{ machine: 'bridgeCommand', poll: 'nextBridgeCommands', pollTimer: 'bridge_poll' },
      ...{ expiry: 'bridge_completed_command_ttl', room: 'bridge_max_pending_per_runner' },
      ...{ report: 'BridgeCommandResultRequest', nameOf: ({ wire }) => wire.type },
      sources: ['BridgeCommandSubmitRequest', 'BridgeCommandResultRequest'],
      ...{ created: decide('bridgeCommand', 'none', 'createBridgeCommand'), gone: {} },
      ...{ idOf: ({ wire }) => wire.command_id, lineOf: ({ bridge }) => bridge, itemOf },
      isOverdue: ({ wire }, elapsed) => elapsed > spanMs('command_timeout', parts.settings, wire),
    })
  }

  /** createBridgeCommand. */
  create(runner: RunnerRecord, request: BridgeCommandSubmitRequest): CommandRecord {
    this.countRate(runner, request.type)
    const wire = copySharedFields('BridgeCommandSubmitRequest', request, {
      command_id: newId(this.parts),
      runner_id: runner.id,
      status: 'pending' as const,
      timeout_seconds: commandTimeout(request, (name) => this.parts.settings[name]),
      submitted_at: '',
    })
    const command = this.add(new CommandRecord(runner, wire), request)
    this.watchLifetime(command)
    return command
  }

  /** Counts a command against the rates of its runner. */
  countRate({ bridge }: RunnerRecord, type: BridgeCommandType): void {
    const window = this.windowOf(bridge)
    window.commands++
    if (isWrite(type)) window.writes++
    bridge.rate = window
  }

  /** Whether one more command of this type fits the current minute of a runner: of all of them, and of those that write. */
  isWithinRate({ bridge }: RunnerRecord, type: string): boolean {
    const { commands, writes } = this.windowOf(bridge)
    const { bridge_max_commands_per_minute: most, bridge_max_write_commands_per_minute: mostWrites } =
      this.parts.settings
    return commands < most && (!isWrite(type) || writes < mostWrites)
  }

  /** That of the current minute. A new one counts only when a command is accepted in it: asking changes nothing. */
  private windowOf({ rate }: RunnerRecord['bridge']): RunnerRecord['bridge']['rate'] {
    const minute = Math.floor(this.parts.clock.now() / MINUTE_MS)
    return rate.minute === minute ? rate : { minute, commands: 0, writes: 0 }
  }

  /**
   * Holds a reader of getBridgeCommand until the command ends.
   * @returns what it has waited for; `gone` when there is no command any more, undefined when the time has passed
   */
  awaitEnd(
    command: CommandRecord,
    seconds: number,
    signal: StopSignal | undefined,
  ): Promise<'ended' | 'gone' | undefined> {
    const onTimeout = (): void => announceTimer(this.parts, 'command_wait', () => this.subjectOf(command))
    return command.readers.wait(this.parts.clock, seconds * 1000, { signal, onTimeout })
  }

  override timeOut(command: CommandRecord): void {
    this.moveBy(command, 'timer.command_timeout')
  }

  /** Sends the readers away, too. */
  override dissolve(): void {
    super.dissolve()
    for (const command of this.values()) command.readers.dissolve()
  }

  override load(commands: readonly CommandRecord[]): void {
    super.load(commands)
    for (const command of commands) this.watchLifetime(command)
  }

  protected override onChange(command: CommandRecord, rule?: Rule): void {
    if (command.isExpired) this.wake(command, 'gone')
    if (rule === undefined || rule.to === null || !isEnded(command)) return
    command.lifetimeTimer?.cancel()
    command.lifetimeTimer = undefined
    this.wake(command, 'ended')
  }

  /** An unfinished command disappears in the end. */
  private watchLifetime(command: CommandRecord): void {
    if (isEnded(command)) return
    const due = Date.parse(command.wire.submitted_at) + spanMs('command_lifetime', this.parts.settings, command.wire)
    command.lifetimeTimer = this.parts.clock.schedule(due, () => this.expire(command, 'timer.command_lifetime'))
  }

  private wake({ readers }: CommandRecord, news: 'ended' | 'gone'): void {
    if (hasQuirk(this.parts, 'one-waiter-wakes')) readers.give(news)
    else readers.giveAll(news)
  }
}

const MINUTE_MS = 60_000

function itemOf({ wire }: CommandRecord): BridgeCommandItem {
  return keepNumbers(copySharedFields('BridgeCommand', wire, {}), wire)
}

/** Whether a command has ended, in whatever way. */
export function isEnded({ wire }: CommandRecord): boolean {
  return isEnd('bridgeCommand', wire.status)
}
