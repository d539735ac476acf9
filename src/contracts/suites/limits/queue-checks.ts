// Checks of how much a runner may hold: pending jobs and commands, agents, log entries.
import { checksOn } from '../core/checks-on.js'
import { type CheckNeeds, takes } from '../../check/check.js'
import type { LocalRunnerLogEntry } from '../../../kernel/types.js'
import { lapsedSeconds, needsJobs } from '../../check/check-steps.js'

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

export const limitQueueChecks = checksOn('createJob runner connected', jobRoom, (it, at) => {
  it`limits/pending-jobs: A runner holds as many pending jobs as declared; one more is 429 and is not queued.
    pair, createJob queue=full, listJobs`
  it`limits/agent-before-queue: A job for an unknown agent is refused for that (400), though the queue is full as well (429).
    pair, createJob queue=full, createJob agent=unknown`
  it`limits/pending-jobs-per-runner: A full queue of one runner leaves the room of another alone.
    pair, elsewhere 2: pair, createJob queue=full, 2: createJob`
  at('createJob runner connected', { ...jobRoom, ...needsJobs(2) })
  it`limits/pending-jobs-freed: Room for a job comes free when one is taken or cancelled; running jobs take no room.
    pair, createJob queue=full, nextJob, createJob x2, cancelJob 2, createJob x2`
  at('createJob runner disconnected', takes(lapsedSeconds, { ...jobRoom }))
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
})
