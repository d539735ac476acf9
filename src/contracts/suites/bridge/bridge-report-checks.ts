// Checks of a runner's reports about bridge commands.
import type { BridgeCommandResultRequest } from '../../../kernel/types.js'
import { checksOn } from '../core/checks-on.js'
import { expectEqual, expectThat } from '../../target/expectation.js'
import { pickedUpCommand } from '../../check/check-steps.js'

/** What a report stores, case by case. */
const REPORTS: Readonly<Record<string, { title: string; report: BridgeCommandResultRequest }>> = {
  completed: {
    title: 'A completed command shows its result and how long it took',
    report: { status: 'completed', result: { content: 'Grüße\n', total_lines: 1, truncated: false }, duration_ms: 12 },
  },
  failed: {
    title: 'A failed command shows its error, code and message',
    report: { status: 'failed', error: { code: 'file_not_found', message: 'No such file' }, duration_ms: 3 },
  },
  'error-as-text': { title: 'An error may be a text', report: { status: 'failed', error: 'It broke.' } },
  'result-with-nulls': {
    title: 'Nulls inside a result come back',
    report: { status: 'completed', result: { bytes_written: 5, created: true, diff: null } },
  },
  'error-with-nulls': {
    title: 'Nulls inside an error come back',
    report: { status: 'failed', error: { code: 'internal', message: 'x', cause: null, more: [null, { at: null }] } },
  },
  'result-list': { title: 'A result may be a list', report: { status: 'completed', result: [1, null, 'x'] } },
  'result-text': { title: 'A result may be a text', report: { status: 'completed', result: 'done' } },
  'result-false': { title: 'A result may be false', report: { status: 'completed', result: false } },
  'result-null': {
    title: 'A result of null counts as given and comes back as null',
    report: { status: 'completed', result: null },
  },
  'error-null': {
    title: 'An error of null counts as given and comes back as null',
    report: { status: 'failed', error: null },
  },
  'failed-with-result': {
    title: 'A failed command may bring a result besides its error',
    report: { status: 'failed', result: { stdout: 'a', exit_code: 1 }, error: { code: 'internal', message: 'x' } },
  },
  'duration-zero': { title: 'A duration of 0 ms is shown', report: { status: 'completed', result: 1, duration_ms: 0 } },
  'duration-long': {
    title: 'A duration may be longer than 32 bits hold',
    report: { status: 'completed', result: 1, duration_ms: 5_000_000_000 },
  },
}

export const bridgeReportChecks = checksOn('reportBridgeResult bridgeCommand', (it, at) => {
  for (const [name, { title, report }] of Object.entries(REPORTS)) {
    it(`bridge-reports/${name} [picked_up -> ${report.status}]: ${title}.`, async (context) => {
      const { runner, commandId } = await pickedUpCommand(context)
      const before = await runner.readCommand(commandId)
      await runner.reportCommand(commandId, report)
      const { completed_at, ...command } = await runner.readCommand(commandId)
      expectThat(completed_at !== undefined, 'completed_at to be set', command)
      // What was not reported must not appear, so the whole is compared.
      expectEqual('the command', command, { ...before, ...report })
    })
  }

  at('reportBridgeResult bridgeCommand')
  it('bridge-reports/first-end-counts [completed]: A second report is 409 and leaves the first one in place.', async (context) => {
    const { runner, commandId } = await pickedUpCommand(context)
    await runner.reportCommand(commandId, { status: 'completed', result: 'first', duration_ms: 1 })
    const ended = await runner.readCommand(commandId)
    for (const status of ['completed', 'failed'] as const) {
      const body = { status, result: 'second', error: 'late', duration_ms: 2 }
      await context.expectCall(409, 'reportBridgeResult', { path: { runnerId: runner.id, commandId }, body })
    }
    expectEqual('the command', await runner.readCommand(commandId), ended)
  })
  it`bridge-reports/ended-while-pending [pending -> completed]: A command that is reported before it was handed out has ended and is not handed out.
    pair-connect, createBridgeCommand x2, reportBridgeResult 1, nextBridgeCommands, getBridgeCommand 1`
  it`bridge-reports/of-one-command [picked_up -> completed]: A report ends the command that it names and no other.
    pair-connect, createBridgeCommand x3, nextBridgeCommands most=2, reportBridgeResult 1, getBridgeCommand 2,
    getBridgeCommand 3`
  it`bridge-reports/duration-alone-is-no-outcome [picked_up]: A report that brings a duration but neither result nor error is 400.
    pair-connect, createBridgeCommand, nextBridgeCommands,
    reportBridgeResult 1 ${{ status: 'completed', duration_ms: 5 }}, getBridgeCommand 1`
  it`bridge-reports/status-before-command [none]: A report of a status that may not be reported is 400, also for an unknown command.
    pair-connect, reportBridgeResult ${{ status: 'timed_out', result: 1 }}`
  it`bridge-reports/body-before-runner [none]: A report of a status that may not be reported is 400, also for an unknown runner.
    reportBridgeResult ${{ status: 'pending', result: 1 }}`
})
