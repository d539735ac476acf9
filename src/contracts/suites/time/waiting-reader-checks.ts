// Checks of getBridgeCommand with wait=true: a reader that is held until the command ends or its time is over.
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from '../core/checks-on.js'
import { takes, type CheckNeeds } from '../../check/check.js'
import type { OpenCall } from '../../target/client.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectStatus } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import { waitSeconds } from '../../../lifecycle/timers.js'
import { longEnough, pickedUpCommand, submittedCommand } from '../../check/check-steps.js'

const AT_ONCE = 2
const MARGIN = 2
/** Seconds for which several readers wait: so many that no wait which is over looks like a wake-up. */
const SHARED_WAIT = 20
/** How long getBridgeCommand holds its answer, in seconds; without `timeout` as the spec says. */
const readerSeconds = (limits: Limits, timeout?: number): number =>
  waitSeconds('getBridgeCommand', { wait: true, timeout }, limits) ?? 0

const sharedWait = (limits: Limits): number => readerSeconds(limits, SHARED_WAIT)

/** A reader must wait for longer than it takes to do something meanwhile. */
const when = longEnough('bridge_max_command_timeout_seconds', 6)

const soon = { clock: { seconds: AT_ONCE }, waiting: 1 }

/** A command that was picked up and is not over while its reader waits. */
function pickUp(context: Context): ReturnType<typeof pickedUpCommand> {
  return pickedUpCommand(context, { timeout_seconds: context.limits.bridge_max_command_timeout_seconds })
}

function wait(context: Context, { id }: RunnerHandle, commandId: string, timeout?: number) {
  const query = { wait: true, ...(timeout === undefined ? {} : { timeout }) }
  return context.open('getBridgeCommand', { path: { runnerId: id, commandId }, query })
}

/** A command whose reader waits. */
async function reading(context: Context, make: typeof pickUp = pickUp) {
  const { runner, commandId } = await make(context)
  const reader = wait(context, runner, commandId)
  await context.time.settle()
  return { runner, commandId, reader }
}

/** The answer to a reader that must wake now shows the command with these fields. */
async function expectAwake(context: Context, reader: OpenCall<'getBridgeCommand'>, fields: object): Promise<void> {
  const answer = await context.time.within(reader, AT_ONCE, 'the reader to wake')
  expectStatus(answer, 200)
  expectFields('the command', answer.body, fields, answer)
}

/** A command that was picked up, or that still waits, and a reader who waits for its end. */
const READING = 'pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand wait=true 1'
const READING_PENDING = 'pair-connect, createBridgeCommand, getBridgeCommand wait=true 1'

const { reader_seconds: usual, reader_seconds_min: shortest } = constants

/** How long a reader asks to wait; it does so within a second and the longest timeout of a command. */
const WAITS: Readonly<Record<string, { asked: number | undefined; title: string }>> = {
  'as-asked': { asked: 8, title: 'A reader waits as long as it asks to' },
  default: {
    asked: undefined,
    title: `A reader that names no time waits for ${usual} s, or for the longest timeout of a command`,
  },
  shortest: { asked: 0, title: `A wait of 0 becomes ${shortest} s` },
  negative: { asked: -20, title: `A negative wait becomes ${shortest} s` },
  longest: { asked: 600, title: 'A wait above the longest timeout of a command is cut to that' },
}

const waitChecks = Object.entries(WAITS).flatMap(([name, { asked, title }]) =>
  checksOn('getBridgeCommand bridgeCommand pending', takesReading(asked), (it) => {
    it(`waiting-readers/time-${name}: ${title}, and then gets the command as it is.`, async (context) => {
      const seconds = readerSeconds(context.limits, asked)
      // Its life must be longer than the wait.
      const timeout_seconds = context.limits.bridge_max_command_timeout_seconds
      const { runner, commandId } = await submittedCommand(context, { timeout_seconds })
      const reader = wait(context, runner, commandId, asked)
      const alive = { alive: [runner] }
      if (seconds > MARGIN) await context.time.stillOpen(reader, seconds - MARGIN, 'the reader', alive)
      const answer = await context.time.within(reader, MARGIN + AT_ONCE, 'the wait to end', alive)
      expectStatus(answer, 200)
      expectEqual('status of the command', answer.body.status, 'pending', answer)
    })
  }),
)

function takesReading(asked: number | undefined): CheckNeeds {
  return takes((limits) => readerSeconds(limits, asked) + AT_ONCE, { waiting: 1 })
}

export const waitingReaderChecks = [
  ...checksOn('getBridgeCommand bridgeCommand picked_up', { ...soon, when }, (it, at) => {
    it`waiting-readers/wakes-on-completion: A waiting reader gets the result as soon as the command completes.
      ${READING}, reportBridgeResult 1`
    it`waiting-readers/wakes-on-failure: A waiting reader gets the error as soon as the command fails.
      ${READING}, reportBridgeResult status=failed 1`
    at('getBridgeCommand bridgeCommand', takes(AT_ONCE + 1, { waiting: 1, when }))
    it`waiting-readers/through-the-pick-up [pending]: A reader of a pending command waits on while it is picked up, until it ends.
      ${READING_PENDING}, nextBridgeCommands, reportBridgeResult 1`
    it`waiting-readers/other-commands [picked_up]: The end of another command wakes nobody.
      ${READING}, createBridgeCommand, reportBridgeResult 2, reportBridgeResult 1`
    at('disconnectRunner bridgeCommand runner.gone', { ...soon, when })
    it`waiting-readers/wakes-on-disconnect [picked_up -> timed_out]: A waiting reader wakes when the runner is disconnected: the command has timed out, or is gone.
      ${READING}, disconnectRunner`
    it`waiting-readers/wakes-on-eviction [activatePairingSession picked_up -> timed_out]: A waiting reader wakes when another runner takes the slot: the command has timed out, or is gone.
      ${READING}, 2: pair-connect`
    it`waiting-readers/pending-wakes-on-disconnect [pending -> timed_out]: A reader that waits for a pending command wakes when the runner is disconnected.
      ${READING_PENDING}, disconnectRunner`
    at(
      'getBridgeCommand bridgeCommand picked_up',
      takes((limits) => sharedWait(limits) + AT_ONCE, { waiting: 3, when }),
    )
    it('waiting-readers/several: Several readers of one command wake at its end, and get the result.', async (context) => {
      const seconds = sharedWait(context.limits)
      const { runner, commandId } = await pickUp(context)
      const readers = Array.from({ length: 3 }, () => wait(context, runner, commandId, seconds))
      await context.time.settle()
      const early = readers.filter(({ isSettled }) => isSettled).length
      expectEqual('how many readers were answered before the end', early, 0)
      await runner.reportCommand(commandId, { status: 'completed', result: 'done' })
      await Promise.race(readers.map((reader) => context.time.within(reader, AT_ONCE, 'a reader to wake')))
      await context.time.settle()
      const late = readers.filter(({ isSettled }) => !isSettled)
      for (const reader of readers.filter((each) => !late.includes(each))) {
        await expectAwake(context, reader, { status: 'completed' })
      }
      for (const reader of late) {
        const answer = await context.time.within(reader, seconds + AT_ONCE, 'every reader to be answered')
        expectStatus(answer, 200)
        const expected = 'every reader to wake at the end of the command'
        const actual = `one that was answered ${answer.body.status} when its own time was up`
        context.quirk('one-waiter-wakes', { expected, actual, proof: answer })
      }
    })
  }),
  ...waitChecks,
  ...checksOn('getBridgeCommand bridgeCommand', soon, (it, at) => {
    it`waiting-readers/ended-at-once [completed]: Waiting for a command that has ended answers at once.
      pair-connect, createBridgeCommand, reportBridgeResult 1, getBridgeCommand wait=true 1`
    it`waiting-readers/unknown-at-once [none]: Waiting for an unknown command is 404 at once.
      pair-connect, getBridgeCommand wait=true`
    it('waiting-readers/hung-up [picked_up]: A reader that hangs up changes nothing about its command.', async (context) => {
      const { runner, commandId, reader } = await reading(context)
      reader.hangUp()
      await context.time.settle()
      expectEqual('status of the command', (await runner.readCommand(commandId)).status, 'picked_up')
      await runner.reportCommand(commandId, { status: 'completed', result: 1 })
      expectEqual('status of the command', (await runner.readCommand(commandId)).status, 'completed')
    })
    at('getBridgeCommand bridgeCommand picked_up', takes(2 * AT_ONCE, { waiting: 1 }))
    it`waiting-readers/wait-false: With wait=false, or without it, a reader is answered at once, whatever time it names.
      pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand wait=false timeout=20 1,
      getBridgeCommand timeout=20 1`
  }),
]
