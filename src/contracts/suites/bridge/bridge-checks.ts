// Checks of bridge commands: submission, hand-out and what both sides see. Reports are in bridge-report-checks.ts.
import { constants } from '../../../lifecycle/table.js'
import type { BridgeCommandType } from '../../../kernel/types.js'
import { checksOn } from '../core/checks-on.js'
import { bodyOf, expectEqual, expectThat } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import { needsCommands, submittedCommand, tryCommand } from '../../check/check-steps.js'

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
const TIMEOUTS: Readonly<Record<string, { asked: number | undefined; title: string }>> = {
  missing: { asked: undefined, title: 'A command without a timeout gets the default' },
  zero: { asked: 0, title: 'A timeout of 0 becomes the default' },
  negative: { asked: -5, title: 'A negative timeout becomes the default' },
  shortest: { asked: 1, title: 'A timeout of 1 s stays 1 s' },
  'as-asked': { asked: 17, title: 'A timeout in between is kept' },
  'too-long': { asked: 100_000, title: 'A timeout above the maximum is cut to it' },
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

export const bridgeChecks = checksOn('nextBridgeCommands bridgeCommand', (it, at) => {
  it('bridge/submitted [createBridgeCommand none -> pending]: A submission answers the id of the command, which Location ends in; the command is pending.', async (context, runner) => {
    const body = { type: 'ReadFile' as const, args: { path: 'README.md' }, timeout_seconds: 1 }
    const answer = await tryCommand(context, runner, body)
    const { command_id } = bodyOf(answer, 201)
    expectEqual('the id in Location', createdId(answer), command_id, answer)
    const { submitted_at, ...command } = await runner.readCommand(command_id)
    expectThat(Number.isFinite(Date.parse(submitted_at)), 'submitted_at to be a time', submitted_at)
    expectEqual('the command', command, { ...body, command_id, runner_id: runner.id, status: 'pending' })
  })
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

  for (const [name, { asked, title }] of Object.entries(TIMEOUTS)) {
    it(`bridge/timeout-${name}: ${title}, for the runner and for the reader.`, async (context) => {
      const { bridge_default_command_timeout_seconds: usually, bridge_max_command_timeout_seconds: longest } =
        context.limits
      const wanted = Math.min(asked === undefined || asked <= 0 ? usually : asked, longest)
      const request = asked === undefined ? {} : { timeout_seconds: asked }
      const { runner, commandId: id } = await submittedCommand(context, request)
      expectEqual('timeout_seconds read', (await runner.readCommand(id)).timeout_seconds, wanted)
      const [item] = await runner.nextCommands()
      expectEqual('timeout_seconds handed out', item?.timeout_seconds, wanted)
    })
  }

  at('nextBridgeCommands bridgeCommand', needsCommands(PENDING))
  for (const [name, [title, asked]] of Object.entries(BATCHES)) {
    it`bridge/batch-${name}: ${title}, the oldest first.
      pair-connect, createBridgeCommand x${PENDING}, nextBridgeCommands${asked === undefined ? '' : ` most=${asked}`}`
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
})
