// Checks of bridge commands: submission, hand-out, reports, and what both sides see.
import { constants } from '../../../lifecycle/table.js'
import type { BridgeCommandType, BridgeCommandResultRequest } from '../../../kernel/types.js'
import { checksOn } from '../core/checks-on.js'
import { expectEqual } from '../../target/expectation.js'
import { needsCommands } from '../../check/check-steps.js'
import { connectRunner } from '../../check/scenes.js'

const ARGS: readonly (readonly [BridgeCommandType, unknown])[] = [
  ['ReadFile', { path: 'README.md', offset: 0, limit: 2000 }],
  ['WriteFile', { path: 'notes.txt', content: 'Grüße\n' }],
  ['EditFile', { path: 'src/agent.ts', edits: [{ old_string: 'a', new_string: 'b' }] }],
  ['ListFiles', { path: '.', pattern: '**/*.ts', depth: 1 }],
  ['SearchFiles', { pattern: 'track\\(', glob: '*.ts', path: 'src' }],
  ['Exec', { command: 'npm test', timeout: 60, background: false }],
]

const ODD_ARGS: Readonly<Record<string, unknown>> = {
  nulls: { path: null, list: [null, { a: null }] },
  empty: {},
  list: ['a', 1],
  text: 'README.md',
  null: null,
}

/** What is asked for as timeout_seconds. */
const TIMEOUTS: Readonly<Record<string, readonly [title: string, request: object]>> = {
  missing: ['A command without a timeout gets the default', {}],
  zero: ['A timeout of 0 becomes the default', { timeout_seconds: 0 }],
  negative: ['A negative timeout becomes the default', { timeout_seconds: -5 }],
  shortest: ['A timeout of 1 s stays 1 s', { timeout_seconds: 1 }],
  'as-asked': ['A timeout in between is kept', { timeout_seconds: 17 }],
  'too-long': ['A timeout above the maximum is cut to it', { timeout_seconds: 100_000 }],
}

const { command_batch: usual, command_batch_max: most } = constants
const PENDING = most + 5

/** What is asked for as max_commands while more are pending. */
const BATCHES: Readonly<Record<string, readonly [title: string, asked?: number]>> = {
  missing: [`A poll that names no number gets up to ${usual} commands`],
  zero: [`A poll for 0 commands gets up to ${usual}`, 0],
  negative: [`A poll for -1 commands gets up to ${usual}`, -1],
  one: ['A poll for one command gets one', 1],
  three: ['A poll for three commands gets three', 3],
  twenty: [`A poll for ${most} commands gets as many`, most],
  'too-many': [`A poll for more commands gets ${most}`, PENDING],
}

const COMPLETED = { status: 'completed', result: { content: 'Grüße\n', truncated: false }, duration_ms: 12 } as const
const NO_FILE = { code: 'file_not_found', message: 'No such file' }

/** What a report stores, case by case. */
const REPORTS: Readonly<Record<string, readonly [title: string, report: BridgeCommandResultRequest]>> = {
  completed: ['A completed command shows its result and how long it took', COMPLETED],
  failed: ['A failed command shows its error, code and message', { status: 'failed', error: NO_FILE, duration_ms: 3 }],
  'error-as-text': ['An error may be a text', { status: 'failed', error: 'It broke.' }],
  'result-with-nulls': [
    'Nulls inside a result come back',
    { status: 'completed', result: { created: true, diff: null } },
  ],
  'error-with-nulls': [
    'Nulls inside an error come back',
    { status: 'failed', error: { ...NO_FILE, cause: null, more: [null, { at: null }] } },
  ],
  'result-list': ['A result may be a list', { status: 'completed', result: [1, null, 'x'] }],
  'result-text': ['A result may be a text', { status: 'completed', result: 'done' }],
  'result-false': ['A result may be false', { status: 'completed', result: false }],
  'result-null': ['A result of null counts as given and comes back as null', { status: 'completed', result: null }],
  'error-null': ['An error of null counts as given and comes back as null', { status: 'failed', error: null }],
  'failed-with-result': [
    'A failed command may bring a result besides its error',
    { status: 'failed', result: { stdout: 'a', exit_code: 1 }, error: NO_FILE },
  ],
  'duration-zero': ['A duration of 0 ms is shown', { status: 'completed', result: 1, duration_ms: 0 }],
  'duration-long': [
    'A duration may be longer than 32 bits hold',
    { status: 'completed', result: 1, duration_ms: 5_000_000_000 },
  ],
}

const LATE = { result: 'second', error: 'late', duration_ms: 2 }

export const bridgeChecks = checksOn('nextBridgeCommands bridgeCommand', (it, at) => {
  it`bridge/submitted [createBridgeCommand none -> pending]: A submission answers the id of the command, which Location ends in; the command is pending.
    ${connectRunner}
    createBridgeCommand type="ReadFile" args={"path":"README.md"} timeout_seconds=1: 201 ->commandId command_id=$commandId
    getBridgeCommand: 200 command_id=$commandId runner_id=$runnerId status="pending" type="ReadFile"
      args={"path":"README.md"} timeout_seconds=1 submitted_at!= picked_up_at= completed_at=`
  it`bridge/body-before-owner [createBridgeCommand none]: A command of an unknown type is 400, also for an unknown runner.
    createBridgeCommand runnerId=? type="contract_unknown": 400`
  it`bridge/picked-up [pending -> picked_up]: A command that was handed out is picked up, with the time of it, and otherwise as it was submitted.
    pair-connect, createBridgeCommand, getBridgeCommand 1, nextBridgeCommands, getBridgeCommand 1`
  it`bridge/handed-out-once [picked_up]: A command is handed out once; the next poll gets what came after it.
    pair-connect, createBridgeCommand, nextBridgeCommands, createBridgeCommand, nextBridgeCommands`
  it`bridge/poll-without-body: A poll for commands needs no body and no content type.
    pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand 1`
  it('bridge/of-own-runner [getBridgeCommand none]: A command is read on its own runner only: on another runner of the same user it is 404.', async (context, first, commandId) => {
    const second = await context.pair({ type: 'connect', project: await context.newProject() })
    const path = { runnerId: second.id, commandId }
    await context.expectCall(404, 'getBridgeCommand', { path })
    await context.expectCall(404, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
    expectEqual('status of the command', (await first.readCommand(commandId)).status, 'pending')
  })
  it`bridge/queues-apart: A runner gets its own commands and no others.
    pair-connect, elsewhere 2: pair-connect, createBridgeCommand, 2: createBridgeCommand, 2: nextBridgeCommands,
    getBridgeCommand 1`

  at('createBridgeCommand bridgeCommand')
  for (const [type, args] of ARGS) {
    it`bridge/carries-${type}: A ${type} command reaches the runner, and its reader, with its type and its args as they were sent.
      pair-connect, createBridgeCommand ${{ type, args }}, getBridgeCommand 1, nextBridgeCommands`
  }

  for (const [name, args] of Object.entries(ODD_ARGS)) {
    it`bridge/args-${name}: Args may be any JSON; ${JSON.stringify(args)} reaches the runner as it was.
      pair-connect, createBridgeCommand ${{ args }}, nextBridgeCommands, getBridgeCommand 1`
  }

  for (const [name, [title, request]] of Object.entries(TIMEOUTS)) {
    it`bridge/timeout-${name}: ${title}, for the runner and for the reader.
      pair-connect, createBridgeCommand ${request}, getBridgeCommand 1, nextBridgeCommands`
  }

  at('nextBridgeCommands bridgeCommand', needsCommands(PENDING))
  for (const [name, [title, asked]] of Object.entries(BATCHES)) {
    const pending = Math.min(PENDING, 5 + (asked !== undefined && asked > 0 ? asked : usual))
    it`bridge/batch-${name}: ${title}, the oldest first.
      pair-connect, createBridgeCommand x${pending}, nextBridgeCommands${asked === undefined ? '' : ` most=${asked}`}`
  }

  at('createBridgeCommand runner connected')
  it`bridge/capability-not-type: Commands ask for the capability bridge, not for the type: an endpoint runner that declares it takes them.
    pair, heartbeat declares=bridge, createBridgeCommand, nextBridgeCommands`
  it`bridge/without-capability: A connect runner that has not declared the capability bridge takes no commands (409).
    createPairingSession type=connect, activatePairingSession, createBridgeCommand, heartbeat declares=bridge,
    createBridgeCommand`
  it`bridge/capability-withdrawn: A runner that no longer declares the capability bridge takes no more commands (409).
    pair-connect, createBridgeCommand, heartbeat declares=files, createBridgeCommand`
  it`bridge/capability-remembered: The capability bridge outlives heartbeats that name no capabilities.
    pair-connect, heartbeat, heartbeat ${{ capabilities: [] }}, createBridgeCommand`

  at('reportBridgeResult bridgeCommand')
  for (const [name, [title, report]] of Object.entries(REPORTS)) {
    it`bridge-reports/${name} [picked_up -> ${report.status}]: ${title}.
      pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand 1, reportBridgeResult 1 ${report},
      getBridgeCommand 1`
  }

  it`bridge-reports/first-end-counts [completed]: A second report is 409 and leaves the first one in place.
    pair-connect, createBridgeCommand, nextBridgeCommands, reportBridgeResult 1 ${COMPLETED},
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
