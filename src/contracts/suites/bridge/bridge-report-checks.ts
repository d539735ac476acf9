// Checks of a runner's reports about bridge commands.
import type { BridgeCommandResultRequest } from '../../../kernel/types.js'
import { checksOn } from '../core/checks-on.js'

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

const LATE = { result: 'second', error: 'late', duration_ms: 2 }

export const bridgeReportChecks = checksOn('reportBridgeResult bridgeCommand', (it) => {
  for (const [name, { title, report }] of Object.entries(REPORTS)) {
    it`bridge-reports/${name} [picked_up -> ${report.status}]: ${title}.
      pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand 1, reportBridgeResult 1 ${report},
      getBridgeCommand 1`
  }

  it`bridge-reports/first-end-counts [completed]: A second report is 409 and leaves the first one in place.
    pair-connect, createBridgeCommand, nextBridgeCommands, reportBridgeResult 1 ${REPORTS['completed']?.report ?? {}},
    reportBridgeResult 1 ${{ ...LATE, status: 'completed' }}, reportBridgeResult 1 ${{ ...LATE, status: 'failed' }},
    getBridgeCommand 1`
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
