/**
 * Bridge commands: submission with its limits and rates, hand-out in batches, waiting readers, results, and the end of
 * unfinished commands. An operation comes with the rule that has accepted it; for everything else the lifecycle
 * tables are asked here.
 */
import { copySharedFields, carriedFields } from '../../kernel/shared-fields.js'
import type { StopSignal } from '../../kernel/clock.js'
import { commandTimeout } from '../../lifecycle/facts.js'
import { decide, findRule, type Decision, type StateOf } from '../../lifecycle/table.js'
import { spanMs, waitSeconds } from '../../lifecycle/timers.js'
import type {
  BridgeCommand,
  BridgeCommandResultRequest,
  BridgeCommandSubmitRequest,
  BridgeCommandType,
} from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { countCommand, isWithinRate, takeOldest } from './command-batch.js'
import { keepNumbers } from './stored-json.js'
import { ExpiryQueue, OrphanedPolls, requeue } from './work-queue.js'
import { announce, announceTimer, move, newId, type Parts } from './world-parts.js'
import type { TransitionSubject } from './events.js'
import type { CommandRecord, Delivery, RunnerRecord } from './records.js'
import { placeOf, subjectOf as subjectOfRunner, type Runners } from './runners.js'
import { WaitingLine } from '../base/waiting-line.js'

type CommandState = Exclude<StateOf<'bridgeCommand'>, 'none'>
type MoveTrigger =
  | 'nextBridgeCommands'
  | 'delivery.failed'
  | 'timer.command_timeout'
  | 'timer.command_lifetime'
  | 'timer.bridge_completed_command_ttl'
  | 'runner.gone'

/** What a poll brings whose time has passed. */
const NOTHING: Delivery<CommandRecord[]> = { item: [], failed: () => undefined }

/** All commands that can still be read. */
export class BridgeCommands {
  private readonly ended: ExpiryQueue<CommandRecord>
  private readonly parts: Parts
  private readonly runners: Runners
  private readonly orphans = new OrphanedPolls()

  constructor(parts: Parts, runners: Runners) {
    this.parts = parts
    this.runners = runners
    this.ended = new ExpiryQueue(
      parts.clock,
      () => spanMs('bridge_completed_command_ttl', parts.settings),
      (command) => this.forget(command, 'timer.bridge_completed_command_ttl'),
    )
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
      pickedUpAt: 0,
      delivery: undefined,
      lifetimeTimer: undefined,
      readers: new WaitingLine(),
    }
    move(this.parts, rule, command.wire)
    keepNumbers(command.wire, request)
    this.index(command)
    runner.bridge.pending.set(command.wire.command_id, command)
    this.watchLifetime(command)
    announce(this.parts, 'bridgeCommand', rule, 'none', () => subjectOf(command))
    this.wakePoller(runner)
    return command
  }

  /** Whether a runner may take one more command. */
  hasRoomOn({ bridge }: RunnerRecord): boolean {
    return bridge.pending.size < this.parts.settings.bridge_max_pending_per_runner
  }

  /** Counts a command against the rates of its runner. */
  count(runner: RunnerRecord, type: BridgeCommandType): void {
    countCommand(runner, type, this.parts)
  }

  /** Whether one more command of this type fits the current minute of a runner. */
  isWithinRate(runner: RunnerRecord, type: string): boolean {
    return isWithinRate(runner, type, this.parts)
  }

  /** nextBridgeCommands: what is pending, oldest first, or a wait for something. */
  next(
    runner: RunnerRecord,
    most: number,
    signal: StopSignal | undefined,
  ): Delivery<CommandRecord[]> | Promise<Delivery<CommandRecord[]>> {
    const batch = takeOldest(runner, most)
    if (batch !== undefined) return this.handOut(batch)
    const waitMs = 1000 * (waitSeconds('nextBridgeCommands', {}, this.parts.settings) ?? 0)
    const onTimeout = (): void => announceTimer(this.parts, 'bridge_poll', () => subjectOfRunner(runner))
    const noticed = this.parts.deviations.ignoresHangUps === true ? undefined : signal
    return runner.bridge.pollers
      .wait(this.parts.clock, waitMs, { signal: noticed, onTimeout, appetite: most })
      .then((delivery) => delivery ?? NOTHING)
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
    for (const command of [...runner.bridge.pickedUp]) {
      const deadline = command.pickedUpAt + spanMs('command_timeout', this.parts.settings, command.wire)
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
    this.orphans.add(runner.bridge.pollers, this.parts.deviations)
  }

  rearm(): void {
    this.ended.rearm()
  }

  /** Sends every waiting poller and reader away with what there is. */
  dissolve(): void {
    this.orphans.dissolve()
    for (const runner of this.runners.values()) {
      runner.bridge.pollers.dissolve()
      for (const command of runner.bridge.all.values()) command.readers.dissolve()
    }
  }

  /** Puts restored commands in their places, in order of submission. */
  load(commands: readonly CommandRecord[]): void {
    for (const command of commands) {
      this.index(command)
      if (command.wire.status === 'pending') command.runner.bridge.pending.set(command.wire.command_id, command)
      if (command.wire.status === 'picked_up') command.runner.bridge.pickedUp.add(command)
      if (!isEnded(command)) this.watchLifetime(command)
    }
    const byEnd = commands
      .filter(isEnded)
      .map((command) => [command, Date.parse(command.wire.completed_at ?? '')] as const)
    for (const [command, endedAt] of byEnd.sort((a, b) => a[1] - b[1])) this.ended.add(command, endedAt)
  }

  private lookUp(runnerId: string, commandId: string): CommandRecord | undefined {
    return this.runners.get(runnerId)?.bridge.all.get(commandId)
  }

  private index(command: CommandRecord): void {
    command.runner.bridge.all.set(command.wire.command_id, command)
  }

  /** An unfinished command disappears in the end. */
  private watchLifetime(command: CommandRecord): void {
    const due = Date.parse(command.wire.submitted_at) + spanMs('command_lifetime', this.parts.settings, command.wire)
    command.lifetimeTimer = this.parts.clock.schedule(due, () => this.forget(command, 'timer.command_lifetime'))
  }

  /** Gives pending commands to the polls, to each as much as it takes. */
  private wakePoller(runner: RunnerRecord): void {
    const { pending, pollers } = runner.bridge
    while (pending.size > 0 && pollers.length > 0) {
      pollers.give(this.handOut(takeOldest(runner, pollers.appetite) ?? []))
    }
  }

  private handOut(batch: CommandRecord[]): Delivery<CommandRecord[]> {
    const delivery: Delivery<CommandRecord[]> = {
      item: batch,
      failed: () => this.putBack(batch.filter((command) => command.delivery === delivery)),
    }
    for (const command of batch) {
      this.moveBy(command, 'nextBridgeCommands')
      command.delivery = delivery
    }
    return delivery
  }

  /** Takes back what has neither ended nor been handed out again. */
  private putBack(batch: readonly CommandRecord[]): void {
    const [first] = batch
    if (first === undefined || this.parts.deviations.ignoresHangUps === true) return
    for (const command of batch) this.moveBy(command, 'delivery.failed')
    const places = batch.map((command) => [command.wire.command_id, command] as const)
    requeue(first.runner.bridge.pending, places)
    this.wakePoller(first.runner)
  }

  private moveBy(command: CommandRecord, trigger: MoveTrigger): void {
    const rule = findRule('bridgeCommand', command.wire.status, trigger)
    if (rule !== undefined) this.move(command, command.wire.status, rule)
  }

  /** Carries a rule out, and keeps queues, timers and waiting readers in step with the command's new state. */
  private move(
    command: CommandRecord,
    from: CommandState,
    rule: Parameters<typeof move>[1],
    values?: Partial<BridgeCommand>,
  ): void {
    move(this.parts, rule, command.wire, values)
    if (rule.to === null) return
    const { pending, pickedUp } = command.runner.bridge
    const isKept =
      rule.on === 'reportBridgeResult' && this.parts.deviations.keepsQueuedCommand?.(command, 'reported') === true
    if (from === 'pending' && !isKept) pending.delete(command.wire.command_id)
    if (from === 'picked_up') pickedUp.delete(command)
    command.delivery = undefined
    if (rule.to === 'picked_up') {
      command.pickedUpAt = this.parts.clock.now()
      pickedUp.add(command)
    }
    if (isEnded(command)) {
      command.lifetimeTimer?.cancel()
      command.lifetimeTimer = undefined
      this.ended.add(command, this.parts.clock.now())
      this.wake(command, 'ended')
    }
    announce(this.parts, 'bridgeCommand', rule, from, () => subjectOf(command))
  }

  private wake({ readers }: CommandRecord, news: 'ended' | 'gone'): void {
    if (this.parts.deviations.wake === undefined) readers.giveAll(news)
    else this.parts.deviations.wake(readers, news)
  }

  /** Removes a command for good. */
  private forget(
    command: CommandRecord,
    trigger: 'timer.command_lifetime' | 'timer.bridge_completed_command_ttl',
  ): void {
    const { bridge } = command.runner
    const from = command.wire.status
    const rule = findRule('bridgeCommand', from, trigger)
    if (rule === undefined || !bridge.all.delete(command.wire.command_id)) return
    const why = from === 'pending' ? 'expired' : 'reported'
    if (this.parts.deviations.keepsQueuedCommand?.(command, why) !== true)
      bridge.pending.delete(command.wire.command_id)
    bridge.pickedUp.delete(command)
    command.delivery = undefined
    this.wake(command, 'gone')
    if (command.runner.isGone) return
    announce(this.parts, 'bridgeCommand', rule, from, () => subjectOf(command))
  }
}

/** Whether a command has ended, in whatever way. */
export function isEnded({ wire }: CommandRecord): boolean {
  return wire.status !== 'pending' && wire.status !== 'picked_up'
}

function subjectOf({ wire, runner }: CommandRecord): TransitionSubject {
  return {
    id: wire.command_id,
    ...placeOf(runner),
    name: wire.type,
    ...carriedFields(['BridgeCommandSubmitRequest', 'BridgeCommandResultRequest'], wire),
  }
}
