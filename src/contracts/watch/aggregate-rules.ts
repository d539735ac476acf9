/** What several things say together: lists with their totals, creations that may be for several runners, and lateness. */
import { isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { spanMs, type TimerLimits } from '../../lifecycle/timers.js'
import { canEmit, roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { isNothingToDo } from '../../lifecycle/tracker/judge.js'
import { Mismatch } from '../../lifecycle/tracker/mismatch.js'
import { expectPage, type PageEntry } from '../../lifecycle/tracker/pages.js'
import { mayBePurged, statusesOf } from '../../lifecycle/tracker/runner-states.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import { findOwnRunner, isOwner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { WAKE_MS } from './effects.js'
import type { ObservedCall } from './observed-call.js'
import { idsOfHandOut } from './queue-effects.js'
import { presenceOf, type ResourceIndex, type RunnerEntry } from './resource-index.js'
import { reportWrong, type Findings } from './verdict.js'

interface Around {
  findings: Findings
  startsEmpty: boolean
}

/** Whether a poll has waited for its whole time and got nothing. */
export function isEmptyHanded({ answer, waitMs = 0 }: ObservedCall): boolean {
  return answer.status === 200 && isNothingToDo(answer.body) && answer.waitedMs >= PART_OF_WAIT * waitMs
}

const PART_OF_WAIT = 0.8

export function judgeJobList(observed: ObservedCall, entry: RunnerEntry | undefined, findings: Findings): void {
  const { answer, call, now } = observed
  if (entry === undefined || answer.status !== 200 || entry.isRevived || entry.changedUntil >= now.from) return
  if (presenceOf(entry, now) !== 'there') return
  const [world] = entry.resource.worlds
  const ttlMs = 1000 * (world?.limits.completed_job_ttl_seconds ?? 0)
  const { project_id: projectId } = call.query
  const isOfProject = projectId === undefined || projectId === entry.projectId
  const made = isOfProject ? entry.made.filter(({ moment }) => moment.from <= now.to) : []
  const isYoung = ({ moment }: { moment: TimeRange }): boolean => now.to - moment.from < ttlMs
  const entries = made
    .map((each): PageEntry => {
      const isCertain = each.moment.to < now.from && isYoung(each)
      return { id: each.id, isCertain, moment: each.moment }
    })
    .toReversed()
  const strays = objectsAt(answer.body, 'content').map((each) => textAt(each, 'id'))
  const ignored = new Set(entry.hasOtherJobs ? strays.filter((id) => !entries.some((each) => each.id === id)) : [])
  judgeList(observed, findings, {
    what: 'jobs',
    entries,
    ignored,
    hasOthers: entry.hasOtherJobs,
    overcount: made.filter((each) => !isYoung(each)).length,
  })
}

function judgeList(
  observed: ObservedCall,
  findings: Findings,
  parts: {
    what: string
    entries: readonly PageEntry[]
    ignored: ReadonlySet<string>
    hasOthers: boolean
    overcount?: number
  },
): void {
  // Which page was asked for is unknown where the query is wrong.
  if (observed.call.query['page'] === undefined) return
  try {
    expectPage({ ...parts, query: observed.call.query, body: observed.answer.body })
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    reportWrong(findings, observed, { rule: `page/${parts.what}`, expected: error.expected, actual: error.actual })
  }
}

export function judgeRunnerList(observed: ObservedCall, index: ResourceIndex, { findings, startsEmpty }: Around): void {
  const { answer, call, now } = observed
  if (answer.status !== 200) return
  const projectId = String(call.query['project_id'])
  const there = index.inProject(projectId)
  const isChanging = there.some((entry) => entry.changedUntil >= now.from)
  judgeSlots(observed, index, findings, isChanging)
  const isMixed = there.some(
    (entry) => entry.isRevived || !entry.isBorn || !entry.resource.isKnown || index.isSlotAmbiguous(entry),
  )
  if (!startsEmpty || isChanging || isMixed) return
  const entries = there
    .filter((entry) => index.mayOwn(entry, call.caller) && presenceOf(entry, now) !== 'gone')
    .map((entry) => toEntry(entry, observed))
    .filter((entry) => entry !== undefined)
    .toSorted((a, b) => b.moment.from - a.moment.from)
  judgeList(observed, findings, { what: 'runners', entries, ignored: new Set(), hasOthers: false })
}

function toEntry(entry: RunnerEntry, { call, now }: ObservedCall): PageEntry | undefined {
  const { worlds } = entry.resource
  const { status } = call.query
  const states = worlds.map((world) => {
    const runner = world.runners.get(entry.id)
    const isOwn = runner !== undefined && isOwner(runner, call.caller)
    return { runner, statuses: isOwn && !runner.isGone ? statusesOf(world, runner, now) : [] }
  })
  const isPossible = worlds.length === 0 || states.some(({ statuses }) => isWanted(statuses, status).some(Boolean))
  if (!isPossible) return undefined
  const isCertain =
    worlds.length > 0 &&
    presenceOf(entry, now) === 'there' &&
    states.every(({ statuses }) => statuses.length > 0 && isWanted(statuses, status).every(Boolean))
  const moments = states.flatMap(({ runner }) => (runner === undefined ? [] : [runner.activated]))
  const moment = { from: Math.min(...moments.map(({ from }) => from)), to: Math.max(...moments.map(({ to }) => to)) }
  return { id: entry.id, isCertain, moment }
}

function isWanted(statuses: readonly string[], wanted: string | number | boolean | undefined): boolean[] {
  return statuses.map((each) => wanted === undefined || String(wanted).toLowerCase() === each)
}

/** A project of the caller's workspace that is said to be unknown. */
export function judgeKnownProject(observed: ObservedCall, index: ResourceIndex, findings: Findings): void {
  const { operation, answer, call, workspace, now } = observed
  const { machine, creates, lists } = roleOf(operation)
  const isAboutProject = lists === 'runner' || (machine === 'pairingSession' && creates !== undefined)
  const id = textAt(lists === 'runner' ? call.query : call.body, 'project_id').toLowerCase()
  if (answer.status !== 404 || !isAboutProject || !index.hasProject(id, workspace, now.from)) return
  const expected = 'no 404, since the workspace has the project'
  reportWrong(findings, observed, { rule: `model/${operation}`, expected, actual: '404' })
}

/** A queue that is said to be full, although less was ever made than it holds. */
export function judgeFullQueue(
  observed: ObservedCall,
  candidates: readonly RunnerEntry[],
  { limits, findings }: { limits: TimerLimits; findings: Findings },
): void {
  const { operation, answer } = observed
  const { creates } = roleOf(operation)
  if (answer.status !== 429 || (creates !== 'job' && creates !== 'bridgeCommand')) return
  const most = creates === 'job' ? limits.max_pending_jobs_per_runner : limits.bridge_max_pending_per_runner
  const isFull = ({ isBorn, isRevived, fed, rates }: RunnerEntry): boolean =>
    !isBorn ||
    isRevived ||
    fed[creates] >= most ||
    (creates === 'bridgeCommand' && rates.reasonOf(observed) !== undefined)
  if (candidates.length === 0 || candidates.some(isFull)) return
  const expected = `no full queue, since less was made than the ${most} that it holds`
  reportWrong(findings, observed, { rule: `model/${operation}`, expected, actual: '429' })
}

/** Of each user, project and type there is one connected runner at most. */
function judgeSlots(observed: ObservedCall, index: ResourceIndex, findings: Findings, isChanging: boolean): void {
  const shown = objectsAt(observed.answer.body, 'content')
  const there = index.inProject(String(observed.call.query['project_id']))
  for (const type of ['endpoint', 'connect']) {
    const connected = shown.filter((each) => each['type'] === type && each['status'] === 'connected')
    const ids = connected.map((each) => textAt(each, 'id'))
    if (ids.length < 2) continue
    // A runner that came back by quirk is in no slot; of two that came at once both may be there.
    const entries = there.filter((entry) => ids.includes(entry.id))
    const isMixed = there.some((entry) => entry.isRevived || !entry.isBorn || index.isSlotAmbiguous(entry))
    for (const entry of entries) index.markSlotAmbiguous(entry)
    if (
      isChanging ||
      isMixed ||
      entries.length < ids.length ||
      entries.some(({ resource }) => resource.worlds.length !== 1)
    )
      findings.quirk('races/slots', [observed.id])
    else
      reportWrong(findings, observed, {
        rule: 'runner/slot',
        expected: `one runner of type ${type} at most`,
        actual: ids.join(', '),
      })
  }
}

/** A creation that may belong to no runner or to several, or to one that is coming or going. */
export function judgeCreation(
  observed: ObservedCall,
  candidates: readonly { entry: RunnerEntry; worlds: readonly TrackedWorld[] }[],
  { findings, startsEmpty }: Around,
  index: ResourceIndex,
): void {
  const { status } = observed.answer
  if (status === 429 || !isObject(observed.call.body)) return
  if (candidates.length === 0) {
    if (!startsEmpty || status === 404) return
    reportWrong(findings, observed, {
      ...RULE_OF_CREATION,
      expected: '404 (the caller has no endpoint runner)',
      actual: String(status),
    })
    return
  }
  const expected = new Set(
    candidates.flatMap(({ entry, worlds }) =>
      [...worlds, ...entry.resource.worlds].flatMap((world) => statusesIn(world, entry.id, observed)),
    ),
  )
  if (expected.has(status) || expected.size === 0) return
  const isCalm = candidates.every(
    ({ entry }) =>
      entry.resource.isKnown &&
      !entry.isRevived &&
      !index.isSlotAmbiguous(entry) &&
      entry.resource.isUnchangedSince(observed.now.from) &&
      entry.changedUntil < observed.now.from,
  )
  if (!isCalm || !startsEmpty || !index.isComplete) findings.quirk('races/half-made', [observed.id])
  else
    reportWrong(findings, observed, {
      ...RULE_OF_CREATION,
      expected: [...expected].join(' or '),
      actual: String(status),
    })
}

const RULE_OF_CREATION = { rule: 'model/createJob' }

function statusesIn(world: TrackedWorld, id: string, { call, now }: ObservedCall): number[] {
  const runner = world.runners.get(id)
  if (runner === undefined || runner.isGone) return [404]
  const isKnown = Object.hasOwn(runner.agents, textAt(call.body, 'agent_name'))
  const mayBeMissing = mayBePurged(world, runner, now) || findOwnRunner(world, call.caller, id) === undefined
  const statuses = statusesOf(world, runner, now).map((each) => (each === 'disconnected' ? 409 : isKnown ? 201 : 400))
  return mayBeMissing ? [...statuses, 404] : statuses
}

/** Of more submissions than these only the last are told. */
const MAX_REPORTED = 20

export function judgeRates(observed: ObservedCall, entry: RunnerEntry | undefined, findings: Findings): void {
  const tooMany = entry?.rates.exceededBy(observed)
  if (tooMany === undefined) return
  const what = 'createBridgeCommand: 201'
  reportWrong(findings, observed, {
    ...{ rule: 'rate/commands', expected: `${tooMany.most} commands a minute at most` },
    actual: `${tooMany.count} within one`,
    before: tooMany.ids
      .filter((id) => id !== observed.id)
      .slice(-MAX_REPORTED)
      .map((id) => ({ id, what })),
  })
}

/** A server that is slow at everything wakes its polls within that, in milliseconds. */
const MAX_LATE_MS = 2 * WAKE_MS

/** A wait must end when there is something for it, and when its time is over. */
export function judgeLateness(observed: ObservedCall, index: ResourceIndex, findings: Findings): void {
  const { answer, now, waitMs = 0, operation } = observed
  if (answer.status !== 200) return
  if (answer.waitedMs > waitMs + 2 * WAKE_MS) {
    reportWrong(findings, observed, {
      ...{ rule: 'poll/held', severity: 'should', expected: `an answer within ${waitMs / 1000} s` },
      actual: `after ${answer.waitedMs / 1000} s`,
    })
  }
  const { handsOut } = roleOf(operation)
  for (const id of idsOfHandOut(observed)) {
    const created = handsOut && index.findWork(handsOut, id)?.created
    if (created === undefined || now.to - Math.max(now.from, created.to) <= MAX_LATE_MS) continue
    reportWrong(findings, observed, {
      ...{ rule: 'poll/late', expected: `${id} to wake the poll that waits for it` },
      actual: `after ${Math.round(now.to - Math.max(now.from, created.to))} ms`,
    })
  }
}

/** What was never made cannot be there, where everything has been seen. */
export function judgeStrangers(observed: ObservedCall, index: ResourceIndex, findings: Findings): void {
  const { answer, call, operation } = observed
  const { runnerId, jobId, commandId } = call.path
  const { handsOut } = roleOf(operation)
  if (!index.isComplete || answer.status >= 400 || canEmit(operation, 'runner.gone')) return
  const isStrange = (machine: WorkMachine, id: string | undefined): boolean =>
    id !== undefined && index.findWork(machine, id)?.created === undefined
  const strange = [
    ...(runnerId !== undefined && index.runners.get(runnerId)?.sessionId === undefined ? [runnerId] : []),
    ...(isStrange('job', jobId) ? [jobId] : []),
    ...(isStrange('bridgeCommand', commandId) ? [commandId] : []),
    ...idsOfHandOut(observed).filter((id) => handsOut !== undefined && isStrange(handsOut, id)),
  ]
  const [id] = strange
  if (id === undefined) return
  reportWrong(findings, observed, { rule: 'ids/unknown', expected: 'nothing, since it was never made', actual: id })
}

/** So many runs of the reaper, and a moment, leave nothing that is due. */
const REAPER_RUNS = 1

/** Names quirks that no answer contradicts, by what the rules leave open. */
export function nameSilentQuirks(
  observed: ObservedCall,
  index: ResourceIndex,
  { limits, findings }: { limits: TimerLimits; findings: Findings },
): void {
  const { answer, call, operation } = observed
  const entry = index.runners.get(call.path['runnerId'] ?? '')
  const { handsOut, lists, isRead, machine } = roleOf(operation)
  if (answer.status !== 200 || entry === undefined) return
  const isGonePoll = handsOut !== undefined && isNothingToDo(answer.body) && hasOutlived(observed, entry)
  if (isGonePoll) findings.quirk('gone-runner-poll-waits', [observed.id])
  if (lists === 'job' && isOvercounted(observed)) findings.quirk('total-counts-expired', [observed.id])
  const isCommandRead = isRead && machine === 'bridgeCommand'
  if (isCommandRead && isUnreaped(observed, index, limits, entry))
    findings.quirk('endpoint-commands-unreaped', [observed.id])
}

/** A poll that has waited on after its runner was gone. */
function hasOutlived({ now }: ObservedCall, { goneAt }: RunnerEntry): boolean {
  return goneAt !== undefined && goneAt > now.from && goneAt + WAKE_MS < now.to
}

/** A page that is not full is the last one, and tells how many there are. */
function isOvercounted({ call: { query }, answer: { body } }: ObservedCall): boolean {
  const [page, size, total] = [Number(query['page']), Number(query['size']), Number(memberOf(body, 'total'))]
  const shown = objectsAt(body, 'content').length
  const isLast = shown < size && (page === 0 || shown > 0)
  return query['project_id'] === undefined && isLast && total > page * size + shown
}

/** A command of an endpoint runner that is picked up long after the reaper should have ended it. */
function isUnreaped(
  { call, answer: { body }, now }: ObservedCall,
  index: ResourceIndex,
  limits: TimerLimits,
  { type }: RunnerEntry,
): boolean {
  if (type !== 'endpoint' || !isObject(body) || body['status'] !== 'picked_up') return false
  const worlds = index.findWork('bridgeCommand', call.path['commandId'] ?? '')?.resource.worlds ?? []
  const started = worlds.flatMap(({ work }) => work.get(call.path['commandId'] ?? '')?.started ?? [])
  const graceMs =
    spanMs('command_timeout', limits, body) + 1000 * REAPER_RUNS * limits.reaper_interval_seconds + WAKE_MS
  return started.length > 0 && started.every(({ to }) => now.from - to > graceMs)
}
