/** Pages of runners and jobs: what they hold, in which order, and how many there are in all. */
import { objectsAt, textAt } from '../../kernel/json-value.js'
import { roleOf } from '../../lifecycle/roles.js'
import { entryOfRunner } from '../../lifecycle/tracker/judge-runners.js'
import { Mismatch } from '../../lifecycle/tracker/mismatch.js'
import { expectPage, type PageEntry, type TrackedPageParts } from '../../lifecycle/tracker/pages.js'
import { findOwnRunner } from '../../lifecycle/tracker/tracked-world.js'
import type { EndedCall } from './aggregate-rules.js'
import type { ObservedCall } from './observed-call.js'
import type { RunnerEntry } from './tracked-entries.js'
import type { Found } from './verdict.js'

function* judgeList({ call, answer }: ObservedCall, parts: Omit<TrackedPageParts, 'query' | 'body'>): Iterable<Found> {
  // Which page was asked for is unknown where the query is wrong.
  if (call.query['page'] === undefined) return
  try {
    expectPage({ ...parts, query: call.query, body: answer.body })
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    yield { rule: `page/${parts.what}`, expected: error.expected, actual: error.actual }
  }
}

export function* judgeJobList({ observed, entry, index, limits }: EndedCall): Iterable<Found> {
  const { operation, answer, call, now } = observed
  if (roleOf(operation).lists !== 'job' || entry === undefined || answer.status !== 200 || entry.isMixed) return
  if (entry.presence(now) !== 'there' || !entry.isCalmSince(now.from)) return
  const ttlMs = 1000 * limits.completed_job_ttl_seconds
  const { project_id: projectId = entry.projectId } = call.query
  const ids = projectId === entry.projectId ? [...entry.work.job] : []
  const made = ids.flatMap((id) => {
    const { created: moment } = index.findWork('job', id) ?? {}
    if (moment === undefined || moment.from > now.to) return []
    const isYoung = now.to - moment.from < ttlMs
    return { id, moment, isYoung, isCertain: isYoung && moment.to < now.from }
  })
  const hasOthers = entry.hasOthers.job
  const strays = objectsAt(answer.body, 'content').map((each) => textAt(each, 'id'))
  const ignored = new Set(hasOthers ? strays.filter((id) => !made.some((each) => each.id === id)) : [])
  const overcount = made.filter(({ isYoung }) => !isYoung).length
  yield* judgeList(observed, { what: 'jobs', entries: made, ignored, hasOthers, overcount })
}

export function* judgeRunnerList({ observed, index, startsEmpty }: EndedCall): Iterable<Found> {
  const { operation, answer, call, now } = observed
  if (roleOf(operation).lists !== 'runner' || answer.status !== 200) return
  const there = index.inProject(String(call.query['project_id']))
  const isCalm = there.every((entry) => entry.isCalmSince(now.from) && entry.isPlain)
  // Of each user, project and type there is one connected runner at most.
  const connected = objectsAt(answer.body, 'content').filter((each) => each['status'] === 'connected')
  for (const type of ['endpoint', 'connect']) {
    const ids = connected.filter((each) => each['type'] === type).map((each) => textAt(each, 'id'))
    if (ids.length < 2) continue
    // A runner that came back by quirk is in no slot; of two that came at once both may be there.
    const entries = there.filter(({ id }) => ids.includes(id))
    for (const entry of entries) entry.isMixed = true
    const isSure = entries.length === ids.length && entries.every(({ worlds }) => worlds.length === 1)
    const wrong = { rule: 'runner/slot', expected: `one runner of type ${type} at most`, actual: ids.join(', ') }
    yield isCalm && isSure ? wrong : 'races/slots'
  }
  if (!startsEmpty || !isCalm) return
  const own = there.filter((entry) => index.mayOwn(entry, call.caller) && entry.presence(now) !== 'gone')
  yield* judgeList(observed, { what: 'runners', entries: own.flatMap((entry) => toEntry(entry, observed)) })
}

function toEntry(entry: RunnerEntry, { call, now }: ObservedCall): PageEntry[] {
  const { worlds } = entry
  const wanted = call.query['status']
  const shown = worlds.flatMap((world) => {
    const runner = findOwnRunner(world, call.caller, entry.id)
    return runner === undefined ? [] : entryOfRunner(world, runner, now, wanted && String(wanted).toLowerCase())
  })
  if (shown.length === 0) return []
  const isCertain = shown.length === worlds.length && shown.every((each) => each.isCertain)
  const moments = shown.map(({ moment }) => moment)
  const moment = { from: Math.min(...moments.map(({ from }) => from)), to: Math.max(...moments.map(({ to }) => to)) }
  return [{ id: entry.id, isCertain: isCertain && entry.presence(now) === 'there', moment }]
}
