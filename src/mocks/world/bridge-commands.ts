/**
 * Bridge commands: submission with its limits and rates, hand-out in batches, waiting readers, results, and the end of
 * unfinished commands. An operation comes with the rule that has accepted it; for everything else the lifecycle
 * tables are asked here.
 */
import { copySharedFields, carriedFields } from '../../kernel/shared-fields.js'
import type { StopSignal } from '../../kernel/clock.js'
import { isEnd } from '../../lifecycle/rule-effects.js'
import { commandTimeout, isWrite } from '../../lifecycle/facts.js'
import { decide, type Decision, type Rule } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import type {
  BridgeCommandItem,
  BridgeCommandResultRequest,
  BridgeCommandSubmitRequest,
  BridgeCommandType,
} from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { keepNumbers } from './stored-json.js'
import { announceTimer, move, newId, type Parts } from './world-parts.js'
import type { TransitionSubject } from './events.js'
import type { CommandRecord, Delivery, RunnerRecord } from './records.js'
import { placeOf, type Runners } from './runners.js'
import { WorkStore } from './work-store.js'
import { WaitingLine } from '../base/waiting-line.js'

/** All commands that can still be read. */
export class BridgeCommands extends WorkStore<CommandRecord, CommandRecord[]> {
  constructor(parts: Parts, runners: Runners) {
    super(parts, runners, {
      ...{ machine: 'bridgeCommand', poll: 'nextBridgeCommands', pollTimer: 'bridge_poll' },
      ...{ expiry: 'bridge_completed_command_ttl', subjectOf },
      ...{ idOf: ({ wire }) => wire.command_id, lineOf: ({ bridge }) => bridge },
    })
  }

  /** Every command, runner by runner, in the order of submission. */
  *values(): Iterable<CommandRecord> {
    for (const runner of this.runners.values()) yield* runner.bridge.all.values()
  }

  /** A command of one of the caller's runners. */
  find(caller: Identity, runnerId: string, commandId: string): CommandRecord | undefined {
    return this.runners.find(caller, runnerId)?.bridge.all.get(commandId)
  }

  /** createBridgeCommand. */
  create(runner: RunnerRecord, request: BridgeCommandSubmitRequest): CommandRecord {
    this.count(runner, request.type)
    const rule = decide('bridgeCommand', 'none', 'createBridgeCommand')
    const command: CommandRecord = {
      runner,
      wire: copySharedFields('BridgeCommandSubmitRequest', request, {
        command_id: newId(this.parts),
        runner_id: runner.id,
        status: 'pending' as const,
        timeout_seconds: commandTimeout(request, (name) => this.parts.settings[name]),
        submitted_at: '',
      }),
      startedAt: 0,
      delivery: undefined,
      lifetimeTimer: undefined,
      readers: new WaitingLine(),
    }
    move(this.parts, rule, command.wire)
    keepNumbers(command.wire, request)
    this.watchLifetime(command)
    this.add(command, rule)
    return command
  }

  /** Whether a runner may take one more command. */
  hasRoomOn({ bridge }: RunnerRecord): boolean {
    return bridge.pending.size < this.parts.settings.bridge_max_pending_per_runner
  }

  /** Counts a command against the rates of its runner. */
  count({ bridge }: RunnerRecord, type: BridgeCommandType): void {
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
    const onTimeout = (): void => announceTimer(this.parts, 'command_wait', () => subjectOf(command))
    return command.readers.wait(this.parts.clock, seconds * 1000, { signal, onTimeout })
  }

  /** reportBridgeResult: of several reports the first one counts. */
  report(command: CommandRecord, { rule }: Decision, report: BridgeCommandResultRequest): void {
    const { wire } = command
    this.move(command, wire.status, rule, copySharedFields('BridgeCommandResultRequest', report, {}))
    keepNumbers(wire, report)
  }

  /** Hands a pending command out without a poll, whichever others are waiting. */
  start(runnerId: string, commandId: string): void {
    const command = this.lookUp(runnerId, commandId)
    if (command?.wire.status === 'pending') this.handOut([command])
  }

  /** Times a picked-up command out, as the reaper would. */
  timeOut(runnerId: string, commandId: string): void {
    const command = this.lookUp(runnerId, commandId)
    if (command !== undefined) this.moveBy(command, 'timer.command_timeout')
  }

  /** Ends what the runner has picked up and not answered in time; part of the reaper's run. */
  timeOutStale(runner: RunnerRecord): void {
    const now = this.parts.clock.now()
    for (const command of [...runner.bridge.inHand]) {
      const deadline = command.startedAt + spanMs('command_timeout', this.parts.settings, command.wire)
      if (now > deadline) this.moveBy(command, 'timer.command_timeout')
    }
  }

  /** Ends the commands of a runner that is gone: readers wake, and later reads are 404. */
  removeOf(runner: RunnerRecord): void {
    for (const command of [...runner.bridge.all.values()]) {
      this.moveBy(command, 'runner.gone')
      command.lifetimeTimer?.cancel()
    }
    if (this.parts.deviations.keepGone === undefined) runner.bridge.all.clear()
    this.releasePolls(runner)
  }

  /** Sends the readers away, too. */
  override dissolve(): void {
    super.dissolve()
    for (const command of this.values()) command.readers.dissolve()
  }

  override load(commands: readonly CommandRecord[]): void {
    super.load(commands)
    for (const command of commands) if (!isEnded(command)) this.watchLifetime(command)
  }

  private lookUp(runnerId: string, commandId: string): CommandRecord | undefined {
    return this.runners.get(runnerId)?.bridge.all.get(commandId)
  }

  protected override index(command: CommandRecord): void {
    command.runner.bridge.all.set(command.wire.command_id, command)
  }

  protected override unindex(command: CommandRecord): boolean {
    const { runner, wire } = command
    if (!runner.bridge.all.delete(wire.command_id)) return false
    this.wake(command, 'gone')
    return true
  }

  protected override handNext(runner: RunnerRecord, most: number): Delivery<CommandRecord[]> | undefined {
    const { pending, all } = runner.bridge
    if (pending.size === 0) return undefined
    const oldest: CommandRecord[] = []
    let places = 0
    for (const [id, command] of pending) {
      if (places++ >= most) break
      // What is in the queue without being pending takes a place and leaves with it.
      if (command.wire.status === 'pending' && all.has(id)) oldest.push(command)
      else pending.delete(id)
    }
    return this.handOut(oldest)
  }

  protected override onMove(command: CommandRecord, { to }: Rule): void {
    if (to === null || !isEnded(command)) return
    command.lifetimeTimer?.cancel()
    command.lifetimeTimer = undefined
    this.wake(command, 'ended')
  }

  /** An unfinished command disappears in the end. */
  private watchLifetime(command: CommandRecord): void {
    const due = Date.parse(command.wire.submitted_at) + spanMs('command_lifetime', this.parts.settings, command.wire)
    command.lifetimeTimer = this.parts.clock.schedule(due, () => this.expire(command, 'timer.command_lifetime'))
  }

  private handOut(batch: CommandRecord[]): Delivery<CommandRecord[]> {
    for (const command of batch) this.moveBy(command, 'nextBridgeCommands')
    return this.deliver(batch, batch)
  }

  private wake({ readers }: CommandRecord, news: 'ended' | 'gone'): void {
    if (this.parts.deviations.wake === undefined) readers.giveAll(news)
    else this.parts.deviations.wake(readers, news)
  }
}

const MINUTE_MS = 60_000

/** A command as nextBridgeCommands hands it out. */
export function toItem({ wire }: CommandRecord): BridgeCommandItem {
  const item = copySharedFields('BridgeCommand', wire, {})
  keepNumbers(item, wire)
  return item
}

/** Whether a command has ended, in whatever way. */
export function isEnded({ wire }: CommandRecord): boolean {
  return isEnd('bridgeCommand', wire.status)
}

function subjectOf({ wire, runner }: CommandRecord): TransitionSubject {
  return {
    id: wire.command_id,
    ...placeOf(runner),
    name: wire.type,
    ...carriedFields(['BridgeCommandSubmitRequest', 'BridgeCommandResultRequest'], wire),
  }
}
