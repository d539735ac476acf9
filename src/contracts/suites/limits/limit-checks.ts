// Checks of how much a runner may hold: pending jobs and commands, agents, log entries; of the rates of bridge commands per
// clock minute, and of sizes in bytes.
import { checksOn } from '../core/checks-on.js'
import { type CheckNeeds, takes } from '../../check/check.js'
import type { LocalRunnerLogEntry, BridgeCommandType } from '../../../kernel/types.js'
import { needsJobs, createHeartbeatLoop, many, tryCommand } from '../../check/check-steps.js'
import { expectStatusOr } from '../../check/seen-quirks.js'
import { alternatives } from '../../target/answer.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, NotRun } from '../../target/expectation.js'
import { prepareValidRequest, requestOf } from '../../check/valid-request.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'

const jobRoom: CheckNeeds = { limits: { max_pending_jobs_per_runner: 500 } }
const commandRoom: CheckNeeds = { limits: { bridge_max_pending_per_runner: 300 } }
const payloadRoom: CheckNeeds = { limits: { bridge_max_payload_bytes: 4_194_304 } }
const logRoom: CheckNeeds = { limits: { max_log_entries_per_batch: 20_000 } }

function agentsNamed(count: number): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`agent-${at}`, {}]))
}

function logLines(count: number): LocalRunnerLogEntry[] {
  return Array.from({ length: count }, (_, at) => ({ stream: 'stdout', text: `line ${at}` }))
}

/** The wait for a full minute, and for the next one. */
const minutes = { seconds: 121 }

/** Lets time pass until shortly after the beginning of a clock minute, with the runner kept alive. */
async function awaitMinute(context: Context, ...alive: RunnerHandle[]): Promise<void> {
  const second = ((await context.time.now()) / 1000) % 60
  await context.time.pass(60.5 - second, { alive })
}

type Types = readonly [BridgeCommandType, ...BridgeCommandType[]]

const READS = ['ReadFile', 'ListFiles', 'SearchFiles'] as const
const WRITES = ['WriteFile', 'EditFile', 'Exec'] as const
const args = { path: 'a', content: 'b', command: 'c' }

/** Commands sent at once: where time is moved, others wait for them. */
const AT_ONCE = 10
/** Commands that may wait to be picked up, and room that is left for those that come afterwards. */
const MAX_WAITING = 20
const ROOM_LEFT = 4

/**
 * Submits `count` commands, a few at once, and has them picked up, so that no queue fills; then one more, whose answer is
 * returned. Ends at the first that is refused before.
 */
async function submitMany(context: Context, runner: RunnerHandle, count: number, types: Types) {
  const stayAlive = await createHeartbeatLoop(context, runner)
  const started = await context.time.now()
  const submit = (at: number) => tryCommand(context, runner, { type: types[at % types.length] ?? types[0], args })
  const room = Math.max(1, Math.min(context.limits.bridge_max_pending_per_runner - ROOM_LEFT, MAX_WAITING))
  for (let accepted = 0; accepted < count;) {
    const answers = await many(Math.min(room, count - accepted), AT_ONCE, (at) => submit(accepted + at))
    const refused = answers.find(({ status }) => status !== 201)
    accepted += answers.filter(({ status }) => status === 201).length
    if (refused !== undefined) return { accepted, last: refused }
    await runner.nextCommands(MAX_WAITING)
    if ((await stayAlive()) - started > MAX_MS) throw new NotRun('the target is too slow to exceed a rate per minute')
  }
  const last = await submit(count)
  return { accepted: count + (last.status === 201 ? 1 : 0), last }
}

/** Everything must happen within one clock minute. */
const MAX_MS = 50_000

/** Uses up the rate of some commands in a new minute: as many as declared are accepted, and one more is refused. */
async function useUp(context: Context, runner: RunnerHandle, types: Types, ...alive: RunnerHandle[]): Promise<void> {
  const { bridge_max_commands_per_minute: all, bridge_max_write_commands_per_minute: writes } = context.limits
  const rate = types === READS ? all : writes
  await awaitMinute(context, runner, ...alive)
  const { accepted, last } = await submitMany(context, runner, rate, types)
  expectStatus(last, 429)
  expectEqual('how many commands were accepted', accepted, rate, last)
}

const writeNeeds = { limits: { bridge_max_write_commands_per_minute: 1000 }, when: isWriteRateSeen }
const rateAndSize = takes(61, {
  limits: { bridge_max_write_commands_per_minute: 500, ...payloadRoom.limits },
  when: isWriteRateSeen,
})

/** Reads and writes are told apart only where the one rate leaves room beyond the other. */
function isWriteRateSeen(limits: Limits): string | undefined {
  const { bridge_max_commands_per_minute: all, bridge_max_write_commands_per_minute: writes } = limits
  return all > writes + 10 ? undefined : 'the rate of all commands leaves no room beyond the rate of writes'
}

/** Names of one text, in an object whose JSON has exactly as many bytes as are allowed, or more. */
function textOf({ limits }: Context, more: number): { content: string } {
  const bytes = limits.bridge_max_payload_bytes + more
  return { content: 'x'.repeat(bytes - JSON.stringify({ content: '' }).length) }
}

/** One of two that together are more than is allowed. */
const largePatch =
  (name: string) =>
  ({ limits }: Context) => ({ [name]: 'x'.repeat(Math.ceil(0.6 * limits.bridge_max_payload_bytes)) })

/** What is limited in size: the operation that sends it, and its body. */
const SIZED: readonly (readonly [
  name: string,
  operation: OperationId,
  title: string,
  toBody: (part: object) => object,
])[] = [
  ['args', 'createBridgeCommand', 'The args of a command', (args) => ({ type: 'WriteFile', args })],
  ['result', 'reportBridgeResult', 'The result of a command', (result) => ({ status: 'completed', result })],
  ['error', 'reportBridgeResult', 'The error of a command', (error) => ({ status: 'failed', error })],
  ['checklist', 'patchChecklist', 'A checklist', (checklist) => checklist],
]

export const limitChecks = checksOn('createJob runner connected', jobRoom, (it, at) => {
  it`limits/pending-jobs: A runner holds as many pending jobs as declared; one more is 429 and is not queued.
    pair, createJob queue=full, listJobs`
  it`limits/agent-before-queue: A job for an unknown agent is refused for that (400), though the queue is full as well (429).
    pair, createJob queue=full, createJob agent=unknown`
  it`limits/pending-jobs-per-runner: A full queue of one runner leaves the room of another alone.
    pair, elsewhere 2: pair, createJob queue=full, 2: createJob`
  at('createJob runner connected', { ...jobRoom, ...needsJobs(2) })
  it`limits/pending-jobs-freed: Room for a job comes free when one is taken or cancelled; running jobs take no room.
    pair, createJob queue=full, nextJob, createJob x2, cancelJob 2, createJob x2`
  at('createJob runner disconnected', jobRoom)
  it`limits/alive-before-queue: A lapsed runner refuses jobs for that (409), though its queue is full as well (429).
    pair, createJob queue=full, pass lapse, createJob`

  at('registerAgents runner', { limits: { max_agents_per_runner: 5000 } })
  it`limits/agents [connected]: A runner registers as many agents as declared; one more is 400 and leaves the agents as they were.
    pair, registerAgents ${({ limits }) => agentsNamed(limits.max_agents_per_runner)}, getRunner,
    registerAgents agents=too_many, getRunner`
  it`limits/owner-before-agents [none]: Too many agents for an unknown runner are 404, not 400.
    registerAgents agents=too_many`

  at('appendJobLogs job running', logRoom)
  it`limits/log-batch: A batch holds as many log entries as declared; one more is 400 and appends nothing.
    pair, createJob, nextJob, appendJobLogs 1 batch=too_long, getJobLogs 1,
    appendJobLogs 1 ${({ limits }) => logLines(limits.max_log_entries_per_batch)}, getJobLogs 1`
  it`limits/log-of-many-batches: The limit is one of a batch: a log may hold more than that.
    pair, createJob, nextJob, appendJobLogs 1 ${({ limits }) => logLines(limits.max_log_entries_per_batch)},
    appendJobLogs 1 ${logLines(2)}, getJobLogs 1`

  at('createBridgeCommand runner connected', commandRoom)
  it`limits/pending-commands: A runner holds as many pending commands as declared; one more is 429.
    pair-connect, createBridgeCommand queue=full`
  it`limits/capability-before-queue: A runner without the capability bridge refuses for that (409), though its queue is full as well (429).
    pair-connect, createBridgeCommand queue=full, heartbeat declares=files, createBridgeCommand`
  at('createBridgeCommand runner connected', {
    ...commandRoom,
    when: ({ bridge_max_pending_per_runner: room, bridge_max_commands_per_minute: rate }) =>
      room >= 2 && rate >= room + 3 ? undefined : 'the rates leave no room beyond what may be pending',
  })
  it`limits/pending-commands-freed: Room for commands comes free when they are picked up.
    pair-connect, createBridgeCommand queue=full, nextBridgeCommands most=2, createBridgeCommand x3`
  at('createBridgeCommand runner connected', payloadRoom)
  it`limits/capability-before-payload: A runner without the capability bridge refuses for that (409) before the size of the args is looked at (400).
    createPairingSession type=connect, activatePairingSession, createBridgeCommand payload=oversized`
  at('createBridgeCommand runner connected', { limits: { ...commandRoom.limits, ...payloadRoom.limits } })
  it`limits/queue-before-payload: A full queue refuses (429) before the size of the args is looked at (400).
    pair-connect, createBridgeCommand queue=full, createBridgeCommand payload=oversized`

  at('createBridgeCommand runner connected', { clock: minutes, limits: { bridge_max_commands_per_minute: 2000 } })
  it('limits/command-rate: A runner accepts as many commands a clock minute as declared; one more is 429, until the next minute.', async (context, runner) => {
    await useUp(context, runner, READS)
    await awaitMinute(context, runner)
    await runner.submit()
  })
  at('createBridgeCommand runner connected', { ...writeNeeds, clock: minutes })
  it('limits/write-rate: WriteFile, EditFile and Exec share the rate of writes; one more is 429, while reading goes on.', async (context, runner) => {
    await useUp(context, runner, WRITES)
    for (const type of WRITES) expectStatus(await tryCommand(context, runner, { type, args }), 429)
    for (const type of READS) await runner.submit({ type })
    await awaitMinute(context, runner)
    await runner.submit({ type: 'WriteFile', args })
  })
  at('createBridgeCommand runner connected', rateAndSize)
  it('limits/rate-before-payload: A rate that is used up refuses (429) before the size of the args is looked at (400).', async (context, runner) => {
    await useUp(context, runner, ['WriteFile'])
    const answer = await tryCommand(context, runner, { type: 'WriteFile', args: textOf(context, 1) })
    // A proxy may be first to refuse a body of that size.
    if (answer.status !== 413) expectStatus(answer, 429)
  })
  it('limits/refused-do-not-count [should]: A command that is refused for its size does not use up the rate of writes.', async (context, runner) => {
    const { bridge_max_write_commands_per_minute: rate } = context.limits
    await awaitMinute(context, runner)
    const refused = await tryCommand(context, runner, { type: 'WriteFile', args: textOf(context, 1) })
    expectAnyStatus(refused, alternatives.oversizedBody)
    const { accepted, last } = await submitMany(context, runner, rate - 1, ['WriteFile'])
    expectStatusOr(context, last, [201], ['refused-payload-counts', [429]])
    expectThat(accepted >= rate - 1, `at least ${rate - 1} writes to be accepted`, accepted, last)
  })
  at('createBridgeCommand runner connected', takes(61, writeNeeds))
  it('limits/reads-do-not-write: Commands that only read do not use up the rate of writes.', async (context, runner) => {
    await awaitMinute(context, runner)
    const { bridge_max_write_commands_per_minute: writes } = context.limits
    expectStatus((await submitMany(context, runner, writes, READS)).last, 201)
    await runner.nextCommands()
    await runner.submit({ type: 'Exec', args: { command: 'ls' } })
  })
  it('limits/rate-per-runner: The rate of one runner leaves that of another alone.', async (context, runner) => {
    const other = await context.pair({ type: 'connect', project: await context.newProject() })
    await useUp(context, runner, ['WriteFile'], other)
    await other.heartbeat()
    await other.submit({ type: 'WriteFile', args })
  })

  at('', payloadRoom)
  for (const [name, operation, title, toBody] of SIZED) {
    const send = async (context: Context, more: number) =>
      context.raw(requestOf(await prepareValidRequest(context, operation), { body: toBody(textOf(context, more)) }))
    it(`limits/${name}-size [${operation}]: ${title} may be as large as declared.`, async (context) =>
      expectAnyStatus(await send(context, 0), [201, 204]))
    it(`limits/${name}-too-large [${operation}]: ${title} that is larger than declared by one byte is 400.`, async (context) =>
      expectAnyStatus(await send(context, 1), alternatives.oversizedBody))
  }

  at('createBridgeCommand runner connected', payloadRoom)
  it('limits/size-unit [should]: Args that are too large in bytes and not in characters are 400.', async (context, runner) => {
    const content = 'ü'.repeat(Math.ceil(0.6 * context.limits.bridge_max_payload_bytes))
    const answer = await tryCommand(context, runner, { type: 'WriteFile', args: { path: 'a', content } })
    // A proxy counts bytes.
    if (answer.status !== 413) expectStatusOr(context, answer, [400], ['payload-in-characters', [201]])
  })
  it`limits/oversized-not-queued: A command that is refused for its size is not queued.
    pair-connect, createBridgeCommand payload=oversized, createBridgeCommand, nextBridgeCommands`
  at('patchChecklist', payloadRoom)
  it`limits/checklist-merged-size: The merged checklist is what is limited: a patch that makes it too large is 400 and changes nothing.
    pair, patchChecklist ${largePatch('first')}, patchChecklist ${largePatch('second')}, getRunner,
    patchChecklist ${largePatch('first')}`
})
