// Checks of bridge commands as time passes: timestamps, timeout, and the end of unfinished and unread commands.
import { expectValueOr } from '../../check/seen-quirks.js'
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { bodyOf, expectFields, expectThat, isSet, NotRun } from '../../target/expectation.js'
import type { Limits } from '../../target/target.js'
import {
  early,
  expectApart,
  secondsBetween,
  longEnough,
  passTimeKeepingRunner,
  commandLife,
  awaitCommandTimeout,
  overdueSeconds,
  longestCommand,
  reaperSeconds,
  pickedUpCommand,
} from '../../check/check-steps.js'

const untilTimeout = (limits: Limits): number => overdueSeconds(limits) + reaperSeconds(limits)

/** A command that was picked up, once nothing but the reaper is missing for its end. */
async function overdueCommand(context: Context): ReturnType<typeof pickedUpCommand> {
  const seconds = longestCommand(context.limits)
  const command = await pickedUpCommand(context, { timeout_seconds: seconds })
  await passTimeKeepingRunner(context, command.runner, overdueSeconds(context.limits))
  return command
}

/** Life of an unfinished command, for the requested timeout, which is cut to the longest one. */
const lifeOf = (asked: number, { bridge_max_command_timeout_seconds: most }: Limits): number =>
  commandLife(Math.min(asked, most))

const ttl = ({ bridge_completed_command_ttl_seconds }: Limits): number => bridge_completed_command_ttl_seconds

/** A command can be read after some seconds, and is gone some seconds later. */
const aroundEnd = (kept: number, rest: number): string =>
  `pass kept ${kept}, getBridgeCommand 1, pass kept ${rest}, getBridgeCommand 1`

/** A command that has ended, `sooner` at the most than was seen, is read in its time to live and after it. */
function outlived(limits: Limits, sooner = 0): string {
  const kept = Math.max(0, early(ttl(limits)) - sooner)
  return aroundEnd(kept, ttl(limits) - kept + Math.max(5, sooner))
}
const takesExpiry = takes((limits) => ttl(limits) + 5)
const takesTimedOutExpiry = takes((limits) => untilTimeout(limits) + ttl(limits) + 5)

const longest = ({ limits }: Context) => ({ timeout_seconds: longestCommand(limits) })

export const timeCommandChecks = checksOn('getBridgeCommand Times', takes(6), (it, at) => {
  it('time/command-timestamps: submitted_at, picked_up_at and completed_at are the times of submission, hand-out and end.', async (context, runner, commandId) => {
    await context.time.pass(3)
    await runner.nextCommands()
    await context.time.pass(3)
    await runner.reportCommand(commandId, { status: 'completed', result: 1 })
    const command = await runner.readCommand(commandId)
    expectApart(command, 'submitted_at', 'picked_up_at')
    expectApart(command, 'picked_up_at', 'completed_at')
  })
  at('bridgeCommand timer.command_timeout picked_up -> timed_out', takes(untilTimeout))
  it('time/command-times-out: A command that was picked up and not answered times out, ten seconds after its timeout at the earliest.', async (context) => {
    const { runner, commandId } = await overdueCommand(context)
    const command = await awaitCommandTimeout(context, runner, commandId)
    expectFields('the command', command, { result: undefined, error: undefined, completed_at: isSet })
    const lasted = secondsBetween(command.picked_up_at, command.completed_at)
    expectThat(lasted >= overdueSeconds(context.limits) - 1, 'an end after timeout and grace', `${lasted} s`)
  })
  it("time/endpoint-command-times-out [should]: A command of an endpoint runner times out like a connect runner's.", async (context) => {
    const endpoint = await context.pair({ type: 'endpoint', capabilities: ['bridge'] })
    const commandId = await endpoint.submit({ timeout_seconds: longestCommand(context.limits) })
    await endpoint.nextCommands()
    await passTimeKeepingRunner(context, endpoint, untilTimeout(context.limits))
    const answer = await context.call('getBridgeCommand', { path: { runnerId: endpoint.id, commandId } })
    if (answer.status === 404) throw new NotRun('the life of a command is over before the reaper comes round')
    const { status: actual } = bodyOf(answer, 200)
    const seen = { what: 'status of the command', actual, values: ['timed_out'], proof: answer }
    expectValueOr(context, seen, ['endpoint-commands-unreaped', ['picked_up']])
  })
  at('bridgeCommand timer.command_timeout picked_up -> timed_out', (limits) => longestCommand(limits))
  it`time/command-not-timed-out-early: A command that was picked up is left alone while its timeout lasts.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass kept ${({ limits }) => longestCommand(limits)}, getBridgeCommand 1, reportBridgeResult 1`
  at('getBridgeCommand bridgeCommand timer.command_timeout picked_up -> timed_out', takes(untilTimeout, { waiting: 1 }))
  it('time/timeout-wakes-reader: A reader that waits for a command wakes when it times out.', async (context) => {
    const { runner, commandId } = await overdueCommand(context)
    const query = { wait: true, timeout: context.limits.bridge_max_command_timeout_seconds }
    const reader = context.open('getBridgeCommand', { path: { runnerId: runner.id, commandId }, query })
    await awaitCommandTimeout(context, runner, commandId)
    const answer = await context.time.within(reader, 2, 'the reader to wake')
    const { status: actual } = bodyOf(answer, 200)
    const seen = { what: 'status of the command', actual, values: ['timed_out'], proof: answer }
    expectValueOr(context, seen, ['stale-wait', ['pending', 'picked_up']])
  })
  at('reportBridgeResult bridgeCommand timed_out', takes(untilTimeout))
  it`time/late-report-of-timed-out: A report that comes after the timeout is 409 and changes nothing.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass timeout, reportBridgeResult 1, getBridgeCommand 1`

  at('bridgeCommand timer.command_lifetime pending -> none', (limits) => lifeOf(5, limits) + 2)
  it`time/pending-command-disappears: A command that nobody picks up is gone a minute and twice its timeout after its submission.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 5 }}, ${({ limits }) => aroundEnd(lifeOf(5, limits) - 5, 7)}`
  at('bridgeCommand timer.command_lifetime pending -> none', (limits) => lifeOf(30, limits) + 2)
  it`time/command-life-follows-timeout: The life of a command grows with its timeout.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 30 }},
    ${({ limits }) => aroundEnd(lifeOf(30, limits) - 5, 7)}`
  at('bridgeCommand timer.command_lifetime picked_up -> none', takes(commandLife(1) + 2))
  it`time/unanswered-command-ends: A command that was picked up and never answered is timed out or gone when its life is over.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, nextBridgeCommands, pass kept ${commandLife(1) + 2},
    getBridgeCommand 1`
  at(
    'nextBridgeCommands bridgeCommand timer.command_lifetime pending -> none',
    takes(commandLife(1) + 4, { waiting: 2, when: longEnough('bridge_poll_timeout_seconds') }),
  )
  it`time/expired-command-not-handed-out: A command whose life is over is not handed out; the poll gets what came after it.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, pass kept ${commandLife(1) + 2}, heartbeat,
    nextBridgeCommands, createBridgeCommand`

  at('bridgeCommand timer.bridge_completed_command_ttl', takesExpiry)
  for (const end of ['completed', 'failed'] as const) {
    it`time/${end}-command-expires [${end} -> none]: A ${end} command can be read for its time to live, and is 404 after that.
      pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, nextBridgeCommands,
      reportBridgeResult 1 status=${end}, ${({ limits }) => outlived(limits)}, reportBridgeResult 1`
  }

  at('bridgeCommand timer.bridge_completed_command_ttl', takesTimedOutExpiry)
  it`time/timed-out-command-expires [timed_out -> none]: A command that timed out can be read for its time to live, and is 404 after that.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass timeout, ${({ limits }) => outlived(limits, reaperSeconds(limits))}`
})
