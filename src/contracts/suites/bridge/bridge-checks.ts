// Checks of bridge commands: submission, hand-out and what both sides see. Reports are in bridge-report-checks.ts.
import { constants } from '../../../lifecycle/table.js'
import type { BridgeCommandType } from '../../../kernel/types.js'
import { checksOn } from '../../check/check.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import { needsCommands, idsOf, submittedCommand, tryCommand, many } from '../../check/check-steps.js'

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

/** What is asked for as timeout_seconds, and what the command gets, by the target's limits. */
const TIMEOUTS: Readonly<
  Record<string, { asked: number | undefined; of: 'default' | 'maximum' | number; title: string }>
> = {
  missing: { asked: undefined, of: 'default', title: 'A command without a timeout gets the default' },
  zero: { asked: 0, of: 'default', title: 'A timeout of 0 becomes the default' },
  negative: { asked: -5, of: 'default', title: 'A negative timeout becomes the default' },
  shortest: { asked: 1, of: 1, title: 'A timeout of 1 s stays 1 s' },
  'as-asked': { asked: 17, of: 17, title: 'A timeout in between is kept' },
  'too-long': { asked: 100_000, of: 'maximum', title: 'A timeout above the maximum is cut to it' },
}

const { command_batch: usual, command_batch_max: most } = constants
const PENDING = most + 5

/** What is asked for as max_commands, and how many come while more are pending. */
const BATCHES: Readonly<Record<string, { body: { max_commands?: number }; size: number; title: string }>> = {
  missing: { body: {}, size: usual, title: `A poll that names no number gets up to ${usual} commands` },
  zero: { body: { max_commands: 0 }, size: usual, title: `A poll for 0 commands gets up to ${usual}` },
  negative: { body: { max_commands: -1 }, size: usual, title: `A poll for -1 commands gets up to ${usual}` },
  one: { body: { max_commands: 1 }, size: 1, title: 'A poll for one command gets one' },
  three: { body: { max_commands: 3 }, size: 3, title: 'A poll for three commands gets three' },
  twenty: { body: { max_commands: most }, size: most, title: `A poll for ${most} commands gets as many` },
  'too-many': { body: { max_commands: PENDING }, size: most, title: `A poll for more commands gets ${most}` },
}

export const bridgeChecks = checksOn('nextBridgeCommands bridgeCommand', (it, at) => {
  it('bridge/submitted [createBridgeCommand none -> pending]: A submission answers the id of the command, which Location ends in; the command is pending.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const body = { type: 'ReadFile' as const, args: { path: 'README.md' }, timeout_seconds: 1 }
    const answer = await context.call('createBridgeCommand', { path: { runnerId: runner.id }, body })
    expectStatus(answer, 201)
    const { command_id } = answer.body
    expectEqual('the id in Location', createdId(answer), command_id, answer)
    const { submitted_at, ...command } = await runner.readCommand(command_id)
    expectThat(Number.isFinite(Date.parse(submitted_at)), 'submitted_at to be a time', submitted_at)
    expectEqual('the command', command, { ...body, command_id, runner_id: runner.id, status: 'pending' })
  })
  it('bridge/body-before-owner [createBridgeCommand none]: A command of an unknown type is 400, also for an unknown runner.', async (context) => {
    const answer = await context.raw({
      method: 'POST',
      path: `/v1/private/local-runners/${context.random.uuid()}/bridge/commands`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'contract_unknown', args: {} }),
    })
    expectAnyStatus(answer, [400])
  })
  it('bridge/picked-up [pending -> picked_up]: A command that was handed out is picked up, with the time of it, and otherwise as it was submitted.', async (context) => {
    const { runner, commandId: id } = await submittedCommand(context)
    const before = await runner.readCommand(id)
    const [item] = await runner.nextCommands()
    const { picked_up_at, ...command } = await runner.readCommand(id)
    expectThat(picked_up_at !== undefined, 'picked_up_at to be set', command)
    expectEqual('the command', command, { ...before, status: 'picked_up' })
    expectEqual('submitted_at handed out', item?.submitted_at, before.submitted_at)
  })
  it('bridge/handed-out-once [picked_up]: A command is handed out once; the next poll gets what came after it.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const ids = [await runner.submit(), await runner.submit()]
    expectEqual('the first batch', idsOf(await runner.nextCommands()), ids)
    const third = await runner.submit()
    expectEqual('the second batch', idsOf(await runner.nextCommands()), [third])
  })
  it('bridge/poll-without-body: A poll for commands needs no body and no content type.', async (context) => {
    const { runner, commandId: id } = await submittedCommand(context)
    const path = `/v1/private/local-runners/${runner.id}/bridge/commands/next`
    const answer = await context.raw({ method: 'POST', path })
    expectThat(answer.status === 200, 'status 200', answer.status, answer)
    expectEqual('status of the command', (await runner.readCommand(id)).status, 'picked_up', answer)
  })
  it('bridge/of-own-runner [getBridgeCommand none]: A command is read on its own runner only: on another runner of the same user it is 404.', async (context) => {
    const first = await context.pair({ type: 'connect' })
    const second = await context.pair({ type: 'connect', project: await context.newProject() })
    const commandId = await first.submit()
    expectStatus(await context.call('getBridgeCommand', { path: { runnerId: second.id, commandId } }), 404)
    const body = { status: 'completed' as const, result: 1 }
    const report = await context.call('reportBridgeResult', { path: { runnerId: second.id, commandId }, body })
    expectStatus(report, 404)
    expectEqual('status of the command', (await first.readCommand(commandId)).status, 'pending', report)
  })
  it('bridge/queues-apart: A runner gets its own commands and no others.', async (context) => {
    const first = await context.pair({ type: 'connect' })
    const second = await context.pair({ type: 'connect', project: await context.newProject() })
    const theirs = await first.submit()
    const own = await second.submit()
    const handed = idsOf(await second.nextCommands())
    expectEqual('the commands of the second runner', handed, [own])
    expectEqual('status of the first command', (await first.readCommand(theirs)).status, 'pending')
  })

  at('createBridgeCommand bridgeCommand')
  for (const [type, args] of ARGS) {
    it(`bridge/carries-${type}: A ${type} command reaches the runner, and its reader, with its type and its args as they were sent.`, async (context) => {
      const { runner, commandId: id } = await submittedCommand(context, { type, args })
      expectFields('the command', await runner.readCommand(id), { type, args })
      const [item] = await runner.nextCommands()
      expectFields('the command handed out', item, { command_id: id, type, args })
    })
  }

  at('createBridgeCommand bridgeCommand')
  for (const [name, args] of Object.entries(ODD_ARGS)) {
    it(`bridge/args-${name}: Args may be any JSON; ${JSON.stringify(args)} reaches the runner as it was.`, async (context) => {
      const runner = await context.pair({ type: 'connect' })
      const answer = await tryCommand(context, runner, { type: 'ReadFile', args })
      expectStatus(answer, 201)
      const [item] = await runner.nextCommands()
      expectEqual('args handed out', item?.args, args, answer)
      expectEqual('args read', (await runner.readCommand(answer.body.command_id)).args, args, answer)
    })
  }

  at('createBridgeCommand bridgeCommand')
  for (const [name, { asked, of, title }] of Object.entries(TIMEOUTS)) {
    it(`bridge/timeout-${name}: ${title}, for the runner and for the reader.`, async (context) => {
      const { bridge_default_command_timeout_seconds: given, bridge_max_command_timeout_seconds: longest } =
        context.limits
      const wanted = Math.min(of === 'default' ? given : of === 'maximum' ? longest : of, longest)
      const request = asked === undefined ? {} : { timeout_seconds: asked }
      const { runner, commandId: id } = await submittedCommand(context, request)
      expectEqual('timeout_seconds read', (await runner.readCommand(id)).timeout_seconds, wanted)
      const [item] = await runner.nextCommands()
      expectEqual('timeout_seconds handed out', item?.timeout_seconds, wanted)
    })
  }

  at('nextBridgeCommands bridgeCommand', needsCommands(PENDING))
  for (const [name, { body, size, title }] of Object.entries(BATCHES)) {
    it(`bridge/batch-${name}: ${title}, the oldest first.`, async (context) => {
      const runner = await context.pair({ type: 'connect' })
      const ids = await many(PENDING, 1, () => runner.submit())
      const answer = await context.call('nextBridgeCommands', { path: { runnerId: runner.id }, body })
      expectStatus(answer, 200)
      const handed = idsOf(answer.body.commands)
      expectEqual('the commands handed out', handed, ids.slice(0, size), answer)
      expectEqual('status of the next one', (await runner.readCommand(ids[size] ?? '')).status, 'pending')
    })
  }

  at('createBridgeCommand runner connected')
  it('bridge/capability-not-type: Commands ask for the capability bridge, not for the type: an endpoint runner that declares it takes them.', async (context) => {
    const runner = await context.pair({ type: 'endpoint', capabilities: ['jobs', 'bridge'] })
    const id = await runner.submit()
    expectEqual('the commands', idsOf(await runner.nextCommands()), [id])
  })
  it('bridge/without-capability: A connect runner that has not declared the capability bridge takes no commands (409).', async (context) => {
    const runner = await context.pair({ type: 'connect', capabilities: [] })
    expectStatus(await tryCommand(context, runner), 409)
    await runner.heartbeat(['bridge'])
    await runner.submit()
  })
  it('bridge/capability-withdrawn: A runner that no longer declares the capability bridge takes no more commands (409).', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    await runner.submit()
    await runner.heartbeat(['files'])
    expectStatus(await tryCommand(context, runner), 409)
  })
  it('bridge/capability-remembered: The capability bridge outlives heartbeats that name no capabilities.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    await runner.heartbeat()
    await runner.heartbeat([])
    await runner.submit()
  })
})
