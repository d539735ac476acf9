// What must hold whatever the order was: statuses that the spec declares, queues that are first in, first out, polls that
// end empty only for want of anything, pages that add up, and a runner that is met while it is surely there.
import { responses } from '../../../src/kernel/all-operations.js'
import { fieldOf, isRecord, recordsOf, textOf } from '../../../src/contracts/model/rules/call.js'
import { projectOf, type Visit } from './history.js'
import { runnerOfJob, sightingsOf, type KnownRunner, type Story } from './story.js'

/** What cannot be, whatever the order. */
export interface Impossible {
  /** The exchanges that show it. */
  ids: number[]
  what: string
}

/** Everything in a recording that no order explains. */
export function findImpossible(story: Story): Impossible[] {
  const waiting = waitingJobs(story)
  return [
    ...story.visits.flatMap((visit) => [...undeclared(visit), ...malformed(visit), ...unevenPage(visit)]),
    ...outOfTurn(waiting),
    ...emptyHanded(story, waiting),
    ...wrongTotals(story),
    ...refusedJobs(story),
  ]
}

function undeclared({ id, operation, answer: { status }, isAborted }: Visit): Impossible[] {
  if (operation === undefined || isAborted || STAND_IN.includes(status)) return []
  return Object.hasOwn(responses[operation], status) ? [] : [{ ids: [id], what: `${operation} answers ${status}` }]
}

/** Who calls was decided by a stand-in. */
const STAND_IN: readonly number[] = [401, 403]

/** An error says what is wrong, in one of two forms. */
function malformed({ id, call, answer: { status, body } }: Visit): Impossible[] {
  if (call === undefined || status < 400) return []
  const isRight = Array.isArray(fieldOf(body, 'errors')) || fieldOf(body, 'code') === status
  return isRight ? [] : [{ ids: [id], what: `an error without errors and code` }]
}

function unevenPage({ id, call, answer: { status, body } }: Visit): Impossible[] {
  if (status !== 200 || (call?.operation !== 'listRunners' && call?.operation !== 'listJobs')) return []
  const { page = 0, size = 25 } = call.query
  const [total, shown] = [Number(fieldOf(body, 'total')), recordsOf(fieldOf(body, 'content'))]
  const due = Math.max(0, Math.min(Number(size), total - Number(page) * Number(size)))
  const times = shown.map((each) => textOf(each, call.operation === 'listJobs' ? 'created_at' : 'connected_at'))
  const isInOrder = times.every((time, place) => place === 0 || Date.parse(time) <= Date.parse(times[place - 1] ?? ''))
  const flaws = [
    ...(shown.length === due ? [] : [`${shown.length} of ${total} on page ${page} of ${size}`]),
    ...(isInOrder ? [] : ['a list that is not newest first']),
  ]
  return flaws.map((what) => ({ ids: [id], what }))
}

/** A job, and how long it surely waited at least. */
interface WaitingJob {
  id: string
  runner: KnownRunner
  created: Visit
  /** It was pending then, or later. */
  pendingAt: number
  handedOut: Visit | undefined
  /** The exchanges that tell. */
  ids: number[]
}

function waitingJobs(story: Story): WaitingJob[] {
  return (story.by.createJob ?? []).flatMap((created): WaitingJob[] => {
    const id = created.answer.createdId ?? ''
    const runner = runnerOfJob(story, id)
    if (runner === undefined) return []
    const sightings = sightingsOf(story, id)
    const handedOut = sightings.find(({ visit }) => visit.operation === 'nextJob')?.visit
    const pending = sightings.filter(({ job }) => job['status'] === 'pending').map(({ visit }) => visit)
    const signs = handedOut === undefined ? pending : [...pending, handedOut]
    const pendingAt = Math.max(created.now.to, ...signs.map(({ now }) => now.from))
    return [{ id, runner, created, pendingAt, handedOut, ids: [created, ...signs].map((each) => each.id) }]
  })
}

function outOfTurn(jobs: readonly WaitingJob[]): Impossible[] {
  return jobs.flatMap((older) =>
    jobs
      .filter(({ runner, created, handedOut }) => {
        const isYounger = runner === older.runner && created.now.from > older.created.now.to
        return isYounger && handedOut !== undefined && handedOut.now.to < older.pendingAt
      })
      .map(({ id, handedOut }) => ({
        ids: [handedOut?.id ?? 0, ...older.ids],
        what: `${id} is handed out while ${older.id}, which is older, waits`,
      })),
  )
}

function emptyHanded({ by, runners, limits }: Story, jobs: readonly WaitingJob[]): Impossible[] {
  return (by.nextJob ?? []).flatMap(({ id, call, answer, now, isAborted }) => {
    const runner = runners.get(call?.path['runnerId'] ?? '')
    if (isAborted || answer.body !== null || runner === undefined) return []
    const missed = jobs.find(
      (each) => each.runner === runner && each.created.now.to < now.from && each.pendingAt > now.to,
    )
    const isShort = answer.waitedMs < 900 * limits.next_job_poll_timeout_seconds && isSurelyThere(runner, now)
    return [
      ...(missed === undefined ? [] : [{ ids: [id], what: `a poll misses ${missed.id}` }]),
      ...(isShort ? [{ ids: [id], what: `an empty poll after ${answer.waitedMs} ms` }] : []),
    ]
  })
}

/** A list of jobs counts those that were surely made before it, and none that was made after it. */
function wrongTotals(story: Story): Impossible[] {
  const made = (story.by.createJob ?? []).flatMap((visit) => {
    const runner = visit.answer.createdId === undefined ? undefined : runnerOfJob(story, visit.answer.createdId)
    return runner === undefined ? [] : [{ runner: runner.id, now: visit.now }]
  })
  const unseen = (story.by.createJob ?? []).filter(({ answer }) => answer.status === 201).length - made.length
  return (story.by.listJobs ?? []).flatMap(({ id, call, answer, now }) => {
    if (answer.status !== 200 || call?.query['project_id'] !== undefined) return []
    const mine = made.filter(({ runner }) => runner === call?.path['runnerId'])
    const least = mine.filter((each) => each.now.to < now.from).length
    const most = unseen + mine.filter((each) => each.now.from < now.to).length
    const total = Number(fieldOf(answer.body, 'total'))
    return total >= least && total <= most ? [] : [{ ids: [id], what: `a total of ${total}, not ${least} to ${most}` }]
  })
}

/** Whether a runner was there all the time, with nothing under way that might change it. */
function isSurelyThere({ activated, ends }: KnownRunner, { from, to }: Visit['now']): boolean {
  if (activated?.now.to === undefined || activated.now.to > from) return false
  return !ends.some((end) => end.now.from < to)
}

/** A job is refused for want of a runner, or of its agent, only when there may have been none. */
function refusedJobs(story: Story): Impossible[] {
  const tries = story.visits.filter(({ operation }) => operation === 'createJob')
  return tries.flatMap((visit) => {
    const { status } = visit.answer
    const name = textOf(visit.call?.body, 'agent_name')
    const runner = [...story.runners.values()].find(
      (each) => each.type === 'endpoint' && each.projectId === projectOf(visit) && isSurelyThere(each, visit.now),
    )
    if (runner === undefined || status === 422 || status === 415 || !isRecord(visit.call?.body)) return []
    const isKnown = hadAgent(story, runner, visit, name)
    const isRight = status === 400 ? isKnown !== 'surely' : status === 201 ? isKnown !== 'never' : false
    return isRight ? [] : [{ ids: [visit.id], what: `createJob for '${name}' (${isKnown} there) answers ${status}` }]
  })
}

function hadAgent({ by }: Story, runner: KnownRunner, { now }: Visit, name: string): 'surely' | 'maybe' | 'never' {
  const all = (by.registerAgents ?? []).filter(
    ({ call, answer }) => call?.path['runnerId'] === runner.id && answer.status === 204,
  )
  const before = all.filter((each) => each.now.to < now.from)
  const last = Math.max(...before.map((each) => each.now.from))
  const current = all.filter((each) => each.now.from < now.to && each.now.to >= last)
  const having = current.filter(({ call }) => isRecord(call?.body) && Object.hasOwn(call.body, name))
  if (having.length === 0) return 'never'
  return having.length === current.length && before.length > 0 ? 'surely' : 'maybe'
}
