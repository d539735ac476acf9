/** What calls tell of jobs and bridge commands: those that make and change them, and those that show them. */
import { carry } from '../../../kernel/carry.js'
import { isObject, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { BridgeCommandStatus, LocalRunnerJobStatus } from '../../../kernel/types.js'
import { meetWorker } from './follow-runners.js'
import { isSame, type Follow, type LastJob, type LastState, type LastWork } from './last-state.js'
import type { AnsweredCall, Fields } from './answered-call.js'

/** How far each status is from the beginning; what has ended stays so. */
const RANKS: Readonly<Record<LocalRunnerJobStatus | BridgeCommandStatus, number>> = {
  ...{ pending: 0, running: 1, picked_up: 1, completed: 2, failed: 2, cancelled: 2, timed_out: 2 },
}
const ENDED = 2

type Status = keyof typeof RANKS

const createJob: Follow = (state, { body, madeId: id, owner, to }) => {
  if (!isObject(body) || id === '') return
  const projectId = textAt(body, 'project_id').toLowerCase()
  const runner = [...state.runners.values()].find(
    (each) => each.type !== 'connect' && each.projectId === projectId && !each.isGone && isSame(each.owner, owner),
  )
  const agent = runner?.agents.find(({ name }) => name === body['agent_name'])
  const own = Number(agent?.['timeout'] ?? 0)
  const timeout = own > 0 ? own : state.settings.job_timeout_seconds
  const wire = carry('CreateLocalRunnerJobRequest', { agent_name: '', project_id: '', ...body }, { timeout })
  const job = meetJob(state, owner, id)
  // A poll that was answered before this was knows more.
  if (RANKS[job.status] > 0) return
  Object.assign(job, { wire: { ...wire, ...job.wire }, createdAt: to, changedAt: to })
  if (runner !== undefined) job.runnerId ??= runner.id
}

const nextJob: Follow = (state, call) => {
  meetWorker(state, call, 'endpoint')
  const id = textAt(call.answer, 'id')
  if (id === '') return
  const job = meetJob(state, call.owner, id)
  const isOld = RANKS[job.status] === ENDED && job.changedAt > call.from
  job.handedOutAt = call.to
  if (isOld) return
  take(job, call, call.answer)
  job.changedAt = call.to
}

const showJob: Follow = (state, call) => look(state, call, call.answer)
const listJobs: Follow = (state, call) => {
  for (const shown of objectsAt(call.answer, 'content')) look(state, call, shown)
}

function look(state: LastState, call: AnsweredCall, shown: unknown): void {
  const id = textAt(shown, 'id')
  if (id !== '') compare(meetJob(state, call.owner, id), call, shown)
}

/** What is shown is taken unless it may be older than what is known. */
function compare(work: LastWork, call: AnsweredCall, shown: unknown): void {
  const status = textAt(shown, 'status')
  const isNewer = work.changedAt <= call.from || (isStatus(status) && RANKS[status] > rankOf(work))
  if (isNewer) take(work, call, shown)
}

function take(work: LastWork, call: AnsweredCall, shown: unknown): void {
  const status = textAt(shown, 'status')
  if (!isObject(shown) || !isStatus(status)) return
  work.wire = shown
  work.status = status
  work.runnerId = textAt(shown, 'runner_id') || work.runnerId || ''
  work.isGone = false
  if (RANKS[status] < ENDED) delete work.endedAt
  work.changedAt = Math.max(work.changedAt, call.from)
}

function isStatus(text: string): text is Status {
  return Object.hasOwn(RANKS, text)
}

function rankOf({ status }: LastWork): number {
  return isStatus(status) ? RANKS[status] : 0
}

const reportJobResult: Follow = (state, { body, path, owner, to }) => {
  const status = textAt(body, 'status').toLowerCase()
  if (!isObject(body) || !isJobStatus(status)) return
  const job = meetJob(state, owner, path['jobId'] ?? '')
  if (RANKS[job.status] === ENDED) return
  const said = carry('LocalRunnerJobResultRequest', { ...body, status }, {})
  job.wire = { ...job.wire, ...said }
  job.changedAt = to
  if (status === 'running') return
  Object.assign(job, { status, endedAt: to })
}

function isJobStatus(text: string): text is 'running' | 'completed' | 'failed' {
  return text === 'running' || text === 'completed' || text === 'failed'
}

const cancelJob: Follow = (state, { path, owner, to }) => {
  const job = meetJob(state, owner, path['jobId'] ?? '')
  if (RANKS[job.status] < ENDED) Object.assign(job, { status: 'cancelled', endedAt: to, changedAt: to })
}

const appendJobLogs: Follow = (state, { body, path, owner }) => {
  if (Array.isArray(body)) meetJob(state, owner, path['jobId'] ?? '').logs.push(...body.filter(isObject).map(toLine))
}

const getJobLogs: Follow = (state, { answer, path, query, owner }) => {
  const offset = Number(query.get('offset') ?? 0)
  if (!Array.isArray(answer) || answer.length === 0 || !Number.isSafeInteger(offset) || offset > MOST_LINES) return
  const { logs } = meetJob(state, owner, path['jobId'] ?? '')
  while (logs.length < offset) logs.push({ stream: 'stdout', text: '...' })
  logs.splice(offset, answer.length, ...answer.filter(isObject).map(toLine))
}

/** No log is filled up for an offset that is beyond all reason. */
const MOST_LINES = 100_000

function toLine(line: Fields): Fields {
  return { stream: textAt(line, 'stream'), text: textAt(line, 'text') }
}

function meetJob({ jobs }: LastState, owner: AnsweredCall['owner'], id: string): LastJob {
  const known = jobs.get(id)
  if (known !== undefined) return revive(known)
  const job: LastJob = { id, owner, status: 'pending', wire: {}, logs: [], changedAt: 0, isGone: false }
  jobs.set(id, job)
  return job
}

const createBridgeCommand: Follow = (state, { body, answer, path, owner, to }) => {
  const id = textAt(answer, 'command_id')
  if (!isObject(body) || id === '') return
  const { bridge_default_command_timeout_seconds: usual, bridge_max_command_timeout_seconds: longest } = state.settings
  const asked = Number(body['timeout_seconds'] ?? 0)
  const timeout_seconds = Math.min(asked > 0 ? asked : usual, longest)
  const { type, args } = body
  const command = meetCommand(state, owner, id)
  if (RANKS[command.status] > 0) return
  const wire = { type, args, timeout_seconds }
  Object.assign(command, { wire, runnerId: path['runnerId'], createdAt: to, changedAt: to })
}

const nextBridgeCommands: Follow = (state, call) => {
  const runner = meetWorker(state, call, 'connect')
  for (const item of objectsAt(call.answer, 'commands')) {
    const command = meetCommand(state, call.owner, textAt(item, 'command_id'))
    Object.assign(command, { runnerId: runner.id, handedOutAt: call.to })
    if (RANKS[command.status] === ENDED) continue
    Object.assign(command, { wire: { ...command.wire, ...item }, status: 'picked_up', changedAt: call.to })
  }
}

const getBridgeCommand: Follow = (state, call) => {
  compare(meetCommand(state, call.owner, call.path['commandId'] ?? ''), call, call.answer)
}

const reportBridgeResult: Follow = (state, { body, path, owner, to }) => {
  const status = textAt(body, 'status')
  if (!isObject(body) || (status !== 'completed' && status !== 'failed')) return
  const command = meetCommand(state, owner, path['commandId'] ?? '')
  const said = carry('BridgeCommandResultRequest', { ...body, status }, {})
  Object.assign(command, { wire: { ...command.wire, ...said }, status, endedAt: to, changedAt: to })
  command.runnerId ??= path['runnerId'] ?? ''
}

function meetCommand({ commands }: LastState, owner: AnsweredCall['owner'], id: string): LastWork<BridgeCommandStatus> {
  const known = commands.get(id)
  if (known !== undefined) return revive(known)
  const made: LastWork<BridgeCommandStatus> = { id, owner, status: 'pending', wire: {}, changedAt: 0, isGone: false }
  commands.set(id, made)
  return made
}

/** Whatever succeeds shows that it is there: a 404 before may have been about something else. */
function revive<Work extends LastWork>(work: Work): Work {
  work.isGone = false
  return work
}

/** Its owner hears that a job or a command is not there. */
export function missWork({ jobs, commands }: LastState, { path, owner, from }: AnsweredCall): void {
  const work = jobs.get(path['jobId'] ?? '') ?? commands.get(path['commandId'] ?? '')
  if (work !== undefined && isSame(work.owner, owner) && work.changedAt <= from) work.isGone = true
}

/** By operation, for calls that have succeeded. */
export const workFollowers: Readonly<Partial<Record<OperationId, Follow>>> = {
  ...{ createJob, nextJob, listJobs, reportJobResult, cancelJob, appendJobLogs, getJobLogs, getJob: showJob },
  ...{ createBridgeCommand, nextBridgeCommands, getBridgeCommand, reportBridgeResult },
}
