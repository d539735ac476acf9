/** Plans of calls on jobs and commands, from their creation on. */
import { isObject, memberOf, textAt } from '../../kernel/json-value.js'
import { ownRunner, type World } from '../model/rules/model-world.js'
import type { HeardCall } from './heard-call.js'
import { Plans, projectOf, type Running } from './plans.js'
import * as as from './projections.js'
import { queued } from './queue.js'
import { presenceOf, type RunnerEntry, type WorkEntry } from './registry.js'

const MOST_MADE = 200
const MOST_CANCELS = 5
const MOST_READERS = 8
const MOST_LINES = 2000

/** Plans what is done with work. */
export class WorkPlans extends Plans {
  planJob(running: Running): void {
    const { heard } = running
    const { answer, call, isAborted, now } = heard
    const projectId = projectOf(heard)
    const there = this.registry.inProject(projectId).filter((entry) => {
      const isOwn = entry.thing.isChanging || this.registry.mayOwn(entry, call.identity)
      return (
        entry.type === 'endpoint' && entry.workspace === heard.workspace && isOwn && presenceOf(entry, now) !== 'gone'
      )
    })
    const [only, ...others] = there
    const isClear = only !== undefined && others.length === 0 && isFor(only, heard)
    const isAccepted = answer.status === 201 || isAborted
    for (const entry of there) {
      if (!isAccepted) continue
      entry.fedUntil = Math.max(entry.fedUntil, heard.until)
      if (isClear && !isAborted) continue
      entry.hasOtherJobs = true
      this.doubt(running, entry.jobQueue)
    }
    if (isAborted) this.registry.isComplete = false
    const made = answer.createdId === undefined ? undefined : this.registry.work(this.registry.jobs, answer.createdId)
    if (made !== undefined && !isClear) made.created = now
    if (!isClear) running.candidates = there.map((entry) => ({ entry, worlds: entry.thing.worlds }))
    if (!isClear || isAborted) return
    const isGoneByNow = () => presenceOf(only, now) !== 'there'
    if (answer.status !== 429) this.add(running, only.thing, as.submission(heard, only.id))
    if (isAccepted || answer.status === 429)
      this.add(running, only.jobQueue, queued(heard, only.id), { isChange: true, isGoneByNow })
    if (isAccepted && answer.createdId !== undefined) this.bearJob(running, only, answer.createdId)
  }

  private bearJob(running: Running, entry: RunnerEntry, id: string): void {
    const { heard } = running
    const job = this.registry.work(this.registry.jobs, id)
    if (job.created !== undefined) this.say(heard, 'ids/new', 'a new id of the job', id)
    entry.made.push({ id, moment: heard.now })
    if (entry.made.length > MOST_MADE) {
      entry.made.shift()
      entry.hasOtherJobs = true
    }
    job.created = heard.now
    this.registry.link(entry, job, true)
    const name = textAt(heard.call.body, 'agent_name')
    const timeouts = new Set([
      ...entry.thing.worlds.flatMap(({ runners }) => timeoutIn(runners.get(entry.id)?.agents, name)),
      ...entry.thing.calls.flatMap(({ operation, call }) =>
        operation === 'registerAgents' ? timeoutIn(call.body, name) : [],
      ),
    ])
    if (timeouts.size === 0) return
    job.thing.become(
      [...timeouts].flatMap((timeout) => this.registry.bornWorlds(entry, heard, { [name]: { name, timeout } })),
    )
    this.add(running, job.thing, as.judged(heard), {
      isChange: true,
      isGoneByNow: () => presenceOf(entry, heard.now) !== 'there',
    })
    this.noteHungUp(entry, job, 'nextJob')
  }

  /** A poll may still go on whose caller has hung up. */
  private noteHungUp(entry: RunnerEntry, work: WorkEntry, operation: 'nextJob' | 'nextBridgeCommands'): void {
    for (const running of this.underWay.values()) {
      const { heard } = running
      if (!heard.isAborted || heard.operation !== operation || heard.call.path['runnerId'] !== entry.id) continue
      this.add(running, work.thing, as.lostHandOut(heard, work.id), { isChange: true })
    }
  }

  planCommand(running: Running): void {
    const { heard } = running
    const { answer, call, isAborted } = heard
    const entry = this.runnerFor(heard, call.path['runnerId'] ?? '')
    const isAccepted = answer.status === 201 || isAborted
    entry.rates.note(heard, entry.isBorn)
    // It was refused for what it brings, whatever is there.
    if (answer.status === 400) return
    if (isAccepted) entry.fedUntil = Math.max(entry.fedUntil, heard.until)
    if (isAborted) {
      this.registry.isComplete = false
      this.doubt(running, entry.commandQueue)
      return
    }
    if (answer.status !== 429) this.add(running, entry.thing, as.submission(heard, entry.id))
    const isGoneByNow = () => presenceOf(entry, heard.now) !== 'there'
    if (isAccepted || answer.status === 429)
      this.add(running, entry.commandQueue, queued(heard, entry.id, entry.rates), { isChange: true, isGoneByNow })
    const id = textAt(answer.body, 'command_id').toLowerCase()
    if (!isAccepted || id === '') return
    const command = this.registry.work(this.registry.commands, id)
    if (command.created !== undefined) this.say(heard, 'ids/new', 'a new id of the command', id)
    command.created = heard.now
    this.registry.link(entry, command, false)
    if (!entry.thing.isKnown) return
    command.thing.become(this.registry.bornWorlds(entry, heard, {}))
    this.add(running, command.thing, as.judged(heard), { isChange: true, isGoneByNow })
    this.noteHungUp(entry, command, 'nextBridgeCommands')
  }

  planOnJob(running: Running): void {
    const { heard } = running
    const { operation, call, answer, isAborted, now } = heard
    const job = this.jobFor(heard, call.path['jobId'] ?? '')
    const isGoneByNow = this.takenAway(heard, job)
    if (operation === 'getJob' || operation === 'getJobLogs') {
      const isTold = operation === 'getJob' || job.knowsLogs || answer.status !== 200
      if (!isAborted && isTold) this.add(running, job.thing, as.judged(heard), { isGoneByNow })
      return
    }
    this.add(running, job.thing, as.judged(heard), { isChange: true, isGoneByNow })
    if (operation === 'appendJobLogs') {
      this.boundLogs(job)
      return
    }
    if (operation === 'reportJobResult' && answer.status === 204)
      this.add(running, job.thing, as.firstHalf(heard), { isChange: true })
    if (operation === 'cancelJob' && (answer.status === 204 || isAborted)) {
      job.cancels = [...job.cancels, { from: now.from, to: heard.until }].slice(-MOST_CANCELS)
      for (const id of job.runners) this.registry.runners.get(id)?.announcing.add(job.id)
    }
    if (answer.status === 204 || isAborted) this.planOnQueues(running, job)
  }

  /** What is cancelled or reported leaves the queue, or is in its way. */
  private planOnQueues(running: Running, job: WorkEntry): void {
    const { isAborted, now } = running.heard
    for (const id of job.runners) {
      const entry = this.registry.runners.get(id)
      if (entry === undefined) continue
      if (isAborted) this.doubt(running, entry.jobQueue)
      else {
        const isLost = () => presenceOf(entry, now) !== 'there'
        this.add(running, entry.jobQueue, queued(running.heard, id), { isChange: true, isGoneByNow: isLost })
      }
    }
  }

  /** A log that grows without end is not kept. */
  private boundLogs(job: WorkEntry): void {
    const isLong = job.thing.worlds.some(({ jobs }) => (jobs.get(job.id)?.logs.length ?? 0) > MOST_LINES)
    if (isLong) job.knowsLogs = false
    if (job.knowsLogs) return
    for (const { jobs } of job.thing.worlds) {
      const known = jobs.get(job.id)
      if (known !== undefined) known.logs = []
    }
  }

  planOnCommand(running: Running): void {
    const { heard } = running
    const { operation, call, answer, isAborted } = heard
    const { runnerId = '', commandId = '' } = call.path
    const command = this.registry.work(this.registry.commands, commandId)
    this.checkOwners(heard, command)
    const isGoneByNow = this.takenAway(heard, command)
    if (operation === 'getBridgeCommand') {
      const { now } = heard
      if (call.query['wait'] === true) command.readers = [...command.readers, now].slice(-MOST_READERS)
      const hasRival = () => command.readers.some((each) => each !== now && each.from < now.to && now.from < each.to)
      if (!isAborted) this.add(running, command.thing, as.reading(heard, runnerId, hasRival), { isGoneByNow })
      return
    }
    this.add(running, command.thing, as.judged(heard), { isChange: true, isGoneByNow })
    const entry = this.registry.runners.get(runnerId)
    if (entry === undefined || (answer.status !== 204 && !isAborted)) return
    if (isAborted) this.doubt(running, entry.commandQueue)
    else {
      const isLost = () => presenceOf(entry, heard.now) !== 'there'
      this.add(running, entry.commandQueue, queued(heard, entry.id), { isChange: true, isGoneByNow: isLost })
    }
  }
}

/** Whether a runner is there, and may be the caller's by what is known of it. */
function isFor(entry: RunnerEntry, { call, now }: HeardCall): boolean {
  const isOwn = (world: World): boolean => ownRunner(world, call.identity, entry.id) !== undefined
  return presenceOf(entry, now) === 'there' && entry.thing.worlds.some(isOwn)
}

function timeoutIn(agents: unknown, name: string): number[] {
  if (!isObject(agents) || !Object.hasOwn(agents, name)) return []
  const timeout = memberOf(agents[name], 'timeout')
  return [typeof timeout === 'number' ? timeout : 0]
}
