/** Runners: lists, slots, and the calls that need none. */
import { checksOn } from './checks-on.js'
import { takes } from '../../check/check.js'
import { isOfMedia } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { lapsedSeconds } from '../../check/check-steps.js'

/** A job that failed, one that runs and one that waits; all that belongs to them is read. */
const JOBS_OF_EVERY_KIND = 'pair, createJob x2, nextJob x2, reportJobResult 1 status=failed, createJob'
const READ_JOBS = [1, 2, 3].map((job) => `getJob ${job}, getJobLogs ${job}, cancelJob ${job}`).join(', ')

/** The same of commands. */
const COMMANDS_OF_EVERY_KIND =
  'pair-connect, createBridgeCommand, nextBridgeCommands, reportBridgeResult 1, createBridgeCommand, nextBridgeCommands, createBridgeCommand'
const READ_COMMANDS = [1, 2, 3].map((command) => `getBridgeCommand ${command}`).join(', ')

export const runnerChecks = checksOn('listRunners', (it, at) => {
  it`runner/list-shows-the-same: A list shows a runner exactly as reading it does.
    pair, patchChecklist, getRunner, listRunners`
  it`runner/reading-changes-nothing [getRunner]: Reading a runner twice gives the same.
    pair, getRunner, listRunners, getRunner`
  it`runner/list-of-project: A list shows the runners of its project and of no other.
    pair, elsewhere 2: pair, listRunners, 2: listRunners`
  it`runner/list-by-connected: The status connected lists connected runners.
    pair, listRunners status=connected`
  it`runner/list-by-other-status: A connected runner is not listed under another status.
    pair, listRunners status=disconnected, listRunners status=pairing`
  it`runner/list-empty: The list of a project without runners is empty, with a total of 0.
    listRunners`
  at('disconnectRunner runner')
  it`runner/disconnected-is-gone [connected -> none]: A disconnected runner is 404 to whoever reads it, and 410 to its own heartbeat.
    pair, disconnectRunner, getRunner, heartbeat, listRunners`
  it`runner/heartbeat-brings-nobody-back [heartbeat none]: No heartbeat brings a disconnected runner back.
    pair, disconnectRunner, heartbeat, heartbeat declares=bridge, getRunner, heartbeat, listRunners`
  it`runner/disconnect-twice [none]: Disconnecting a runner again is 204 and changes nothing.
    pair, disconnectRunner, disconnectRunner, getRunner, heartbeat`
  it`runner/disconnect-spares-the-other-type [connected -> none]: Disconnecting the connect runner of a project leaves its endpoint runner and its jobs alone.
    pair, createJob, 2: pair-connect, 2: disconnectRunner, getRunner, heartbeat, getJob 1`
  it`runner/no-jobs-after-disconnect [createJob none]: A project whose endpoint runner was disconnected takes no jobs (404).
    pair, createJob, disconnectRunner, createJob`
  at('disconnectRunner job runner.gone running -> failed')
  it`runner/disconnect-takes-jobs-along: The jobs of a disconnected runner are gone with all that belongs to them, ended ones too.
    ${JOBS_OF_EVERY_KIND}, disconnectRunner, ${READ_JOBS}`
  at('disconnectRunner bridgeCommand runner.gone')
  it`runner/disconnect-takes-commands-along: The commands of a disconnected runner are gone, ended ones too.
    ${COMMANDS_OF_EVERY_KIND}, disconnectRunner, ${READ_COMMANDS}`
})

export const slotChecks = checksOn('activatePairingSession runner slot.taken', (it, at) => {
  it`slots/newcomer-evicts [connected -> none]: A second runner of the same project and type evicts the first, whose reads are 404 and heartbeats 410.
    pair, 2: pair, getRunner, heartbeat, 2: getRunner, 2: heartbeat`
  it`slots/queue-not-inherited [nextJob]: A new runner inherits neither the pending jobs nor the agents of the one it evicts.
    pair, createJob, 2: createPairingSession, 2: activatePairingSession, 2: getRunner, 2: registerAgents, 2: createJob,
    2: nextJob, 2: getJob 1`
  at('activatePairingSession runner slot.taken disconnected -> none', takes(lapsedSeconds))
  it`slots/newcomer-evicts-lapsed: A new runner also evicts one whose heartbeat has lapsed: its return is 410.
    pair, pass lapse, getRunner, 2: pair, getRunner, heartbeat`
  at('activatePairingSession runner')
  it`slots/evicted-not-listed [listRunners none]: An evicted runner leaves the list of its project.
    pair, 2: pair, listRunners`
  it`slots/types-coexist: A connect and an endpoint runner of one project live side by side.
    pair, 2: pair-connect, getRunner, 2: getRunner, heartbeat, 2: heartbeat, listRunners`
  it`slots/projects-coexist: Runners of one user in two projects live side by side.
    pair, elsewhere 2: pair, getRunner, 2: getRunner, heartbeat, 2: heartbeat`
  it`slots/opening-evicts-nobody [createPairingSession]: A session that is opened, or whose activation fails, evicts nobody.
    pair, 2: createPairingSession, heartbeat, 2: activatePairingSession proof=invalid, getRunner, heartbeat`
  it`slots/freed-by-disconnect [disconnectRunner connected -> none]: A disconnect frees the slot: the next runner is connected, and the old one stays gone.
    pair, disconnectRunner, 2: pair, 2: getRunner, getRunner, heartbeat`
  it`slots/late-goodbye [disconnectRunner none]: The disconnect of an evicted runner does not touch the one that took its slot.
    pair, 2: pair, disconnectRunner, 2: getRunner, 2: heartbeat`
  at('activatePairingSession job runner.gone')
  it`slots/evicted-jobs: The jobs of an evicted runner are gone, pending, running and ended ones alike.
    ${JOBS_OF_EVERY_KIND}, 2: pair, ${READ_JOBS}`
  at('activatePairingSession bridgeCommand runner.gone')
  it`slots/evicted-commands: The commands of an evicted runner are gone.
    ${COMMANDS_OF_EVERY_KIND}, 2: pair-connect, ${READ_COMMANDS}`
})

export const systemChecks = checksOn('isAlive should', (it, at) => {
  it('system/is-alive: The server says that it is alive.', async (context) => {
    const { healthy } = await context.expectCall(200, 'isAlive')
    expectEqual('healthy', healthy, true)
  })
  at('Paths')
  it('system/trailing-slash: A slash at the end of a path changes nothing.', async (context) => {
    const { id } = await context.project()
    const plain = await context.call('listRunners', { query: { project_id: id } })
    const slashed = await context.raw({ method: 'GET', path: `/v1/private/local-runners/?project_id=${id}` })
    expectStatus(plain, 200)
    expectAnyStatus(slashed, [200])
    expectEqual('the answer with a slash', slashed.body, plain.body, [plain, slashed])
  })
  at('Bodies')
  it('system/json-answers: Answers with a body are application/json.', async (context) => {
    const { id } = await context.project()
    const answer = await context.call('listRunners', { query: { project_id: id } })
    const type = answer.headers['content-type'] ?? 'none'
    expectThat(isOfMedia(answer.headers, 'application/json'), 'content-type application/json', type, answer)
  })
})
