/** What several things say together: lists with their totals, creations that may be for several runners, and lateness. */
import { isObject, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { judgePage, type PageEntry } from '../model/rules/shown-resources.js'
import { Mismatch } from '../model/rules/mismatch.js'
import { ownRunner, type Moment, type World } from '../model/rules/model-world.js'
import { mayBePurged, statusesOf } from '../model/rules/time-bounds.js'
import type { HeardCall } from './heard-call.js'
import { WAKE_MS } from './projections.js'
import { handedOut } from './queue.js'
import { presenceOf, type Registry, type RunnerEntry } from './registry.js'
import { tellWrong, type Findings } from './verdict.js'

interface Around {
  findings: Findings
  startsEmpty: boolean
}

/** Whether a poll has waited for its whole time and got nothing. */
export function isEmptyHanded({ answer, waitMs = 0 }: HeardCall): boolean {
  const commands = memberOf(answer.body, 'commands')
  const isNothing = answer.body === null || (Array.isArray(commands) && commands.length === 0)
  return answer.status === 200 && isNothing && answer.waitedMs >= PART_OF_WAIT * waitMs
}

const PART_OF_WAIT = 0.8

/** A page of a runner's jobs. */
export function judgeJobList(heard: HeardCall, entry: RunnerEntry | undefined, findings: Findings): void {
  const { answer, call, now } = heard
  if (entry === undefined || answer.status !== 200 || entry.isRevived || entry.changedUntil >= now.from) return
  if (presenceOf(entry, now) !== 'there') return
  const [world] = entry.thing.worlds
  const ttlMs = 1000 * (world?.limits.completed_job_ttl_seconds ?? 0)
  const { project_id: projectId } = call.query
  const isOfProject = projectId === undefined || projectId === entry.projectId
  const made = isOfProject ? entry.made.filter(({ moment }) => moment.from <= now.to) : []
  const isYoung = ({ moment }: { moment: Moment }): boolean => now.to - moment.from < ttlMs
  const entries = made
    .map((each): PageEntry => {
      const isCertain = each.moment.to < now.from && isYoung(each)
      return { id: each.id, isCertain, time: undefined, moment: each.moment }
    })
    .toReversed()
  const strays = objectsAt(answer.body, 'content').map((each) => textAt(each, 'id'))
  const ignored = new Set(entry.hasOtherJobs ? strays.filter((id) => !entries.some((each) => each.id === id)) : [])
  judgeList(heard, findings, {
    what: 'jobs',
    entries,
    ignored,
    hasOthers: entry.hasOtherJobs,
    overcount: made.filter((each) => !isYoung(each)).length,
  })
}

function judgeList(
  heard: HeardCall,
  findings: Findings,
  parts: {
    what: string
    entries: readonly PageEntry[]
    ignored: ReadonlySet<string>
    hasOthers: boolean
    overcount?: number
  },
): void {
  try {
    judgePage({ ...parts, query: heard.call.query, body: heard.answer.body, tieMs: 0 })
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    tellWrong(findings, heard, { rule: `page/${parts.what}`, expected: error.expected, actual: error.actual })
  }
}

/** A page of a caller's runners. */
export function judgeRunnerList(heard: HeardCall, registry: Registry, { findings, startsEmpty }: Around): void {
  const { answer, call, now } = heard
  if (answer.status !== 200) return
  const projectId = String(call.query['project_id'])
  const there = registry.inProject(projectId)
  const isChanging = there.some((entry) => entry.changedUntil >= now.from)
  judgeSlots(heard, registry, findings, isChanging)
  const isMixed = there.some(
    (entry) => entry.isRevived || !entry.isBorn || !entry.thing.isKnown || registry.isMixed(entry),
  )
  if (!startsEmpty || isChanging || isMixed) return
  const entries = there
    .filter((entry) => registry.mayOwn(entry, call.identity) && presenceOf(entry, now) !== 'gone')
    .map((entry) => toEntry(entry, heard))
    .filter((entry) => entry !== undefined)
    .toSorted((a, b) => b.moment.from - a.moment.from)
  judgeList(heard, findings, { what: 'runners', entries, ignored: new Set(), hasOthers: false })
}

function toEntry(entry: RunnerEntry, { call, now }: HeardCall): PageEntry | undefined {
  const { worlds } = entry.thing
  const { status } = call.query
  const states = worlds.map((world) => {
    const runner = world.runners.get(entry.id)
    const isOwn = runner !== undefined && (runner.owner === call.identity || runner.sharers.includes(call.identity))
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
  return { id: entry.id, isCertain, time: undefined, moment }
}

function isWanted(statuses: readonly string[], wanted: string | number | boolean | undefined): boolean[] {
  return statuses.map((each) => wanted === undefined || String(wanted).toLowerCase() === each)
}

/** Of each user, project and type there is one connected runner at most. */
function judgeSlots(heard: HeardCall, registry: Registry, findings: Findings, isChanging: boolean): void {
  const shown = objectsAt(heard.answer.body, 'content')
  const there = registry.inProject(String(heard.call.query['project_id']))
  for (const type of ['endpoint', 'connect']) {
    const connected = shown.filter((each) => each['type'] === type && each['status'] === 'connected')
    const ids = connected.map((each) => textAt(each, 'id'))
    if (ids.length < 2) continue
    // One that came back by accident is in nobody's slot; two that came at once may both be there.
    const entries = there.filter((entry) => ids.includes(entry.id))
    const isMixed = there.some((entry) => entry.isRevived || !entry.isBorn || registry.isMixed(entry))
    for (const entry of entries) registry.mix(entry)
    if (isChanging || isMixed || entries.length < ids.length || entries.some(({ thing }) => thing.worlds.length !== 1))
      findings.accident('races', [heard.id])
    else
      tellWrong(findings, heard, {
        rule: 'runner/slot',
        expected: `one runner of type ${type} at most`,
        actual: ids.join(', '),
      })
  }
}

/** A creation for which there is none or several runners, or one that is coming or going. */
export function judgeCreation(
  heard: HeardCall,
  candidates: readonly { entry: RunnerEntry; worlds: readonly World[] }[],
  { findings, startsEmpty }: Around,
  registry: Registry,
): void {
  const { status } = heard.answer
  if (status === 429 || !isObject(heard.call.body)) return
  if (candidates.length === 0) {
    if (!startsEmpty || status === 404) return
    tellWrong(findings, heard, {
      ...RULE_OF_CREATION,
      expected: '404 (the caller has no endpoint runner)',
      actual: String(status),
    })
    return
  }
  const expected = new Set(
    candidates.flatMap(({ entry, worlds }) =>
      [...worlds, ...entry.thing.worlds].flatMap((world) => statusesIn(world, entry.id, heard)),
    ),
  )
  if (expected.has(status) || expected.size === 0) return
  const isCalm = candidates.every(
    ({ entry }) =>
      entry.thing.isKnown &&
      !entry.isRevived &&
      !registry.isMixed(entry) &&
      entry.thing.isUnchangedSince(heard.now.from) &&
      entry.changedUntil < heard.now.from,
  )
  if (!isCalm || !startsEmpty || !registry.isComplete) findings.accident('races', [heard.id])
  else tellWrong(findings, heard, { ...RULE_OF_CREATION, expected: [...expected].join(' or '), actual: String(status) })
}

const RULE_OF_CREATION = { rule: 'model/createJob' }

function statusesIn(world: World, id: string, { call, now }: HeardCall): number[] {
  const runner = world.runners.get(id)
  if (runner === undefined || runner.isGone) return [404]
  const isKnown = Object.hasOwn(runner.agents, textAt(call.body, 'agent_name'))
  const mayBeMissing = mayBePurged(world, runner, now) || ownRunner(world, call.identity, id) === undefined
  const statuses = statusesOf(world, runner, now).map((each) => (each === 'disconnected' ? 409 : isKnown ? 201 : 400))
  return mayBeMissing ? [...statuses, 404] : statuses
}

/** Of more submissions than these only the last are told. */
const MOST_TOLD = 20

/** A command that the server's rates should have refused. */
export function judgeRates(heard: HeardCall, entry: RunnerEntry | undefined, findings: Findings): void {
  const tooMany = entry?.rates.exceededBy(heard)
  if (tooMany === undefined) return
  const what = 'createBridgeCommand: 201'
  tellWrong(findings, heard, {
    ...{ rule: 'rate/commands', expected: `${tooMany.most} commands a minute at most` },
    actual: `${tooMany.count} within one`,
    before: tooMany.ids
      .filter((id) => id !== heard.id)
      .slice(-MOST_TOLD)
      .map((id) => ({ id, what })),
  })
}

/** A wait must end when there is something for it, and when its time is over. */
export function judgeLateness(heard: HeardCall, registry: Registry, findings: Findings): void {
  const { answer, now, waitMs = 0, operation } = heard
  if (answer.status !== 200) return
  if (answer.waitedMs > waitMs + 2 * WAKE_MS) {
    tellWrong(findings, heard, {
      ...{ rule: 'poll/held', severity: 'should', expected: `an answer within ${waitMs / 1000} s` },
      actual: `after ${answer.waitedMs / 1000} s`,
    })
  }
  const map = operation === 'nextJob' ? registry.jobs : registry.commands
  for (const id of handedOut(heard)) {
    const created = map.get(id)?.created
    if (created === undefined || now.to - Math.max(now.from, created.to) <= WAKE_MS) continue
    tellWrong(findings, heard, {
      ...{ rule: 'poll/late', expected: `${id} to wake the poll that waits for it` },
      actual: `after ${Math.round(now.to - Math.max(now.from, created.to))} ms`,
    })
  }
}

/** What nobody has ever made cannot be there, where everything has been heard. */
export function judgeStrangers(
  heard: HeardCall,
  { isComplete, runners, jobs, commands }: Registry,
  findings: Findings,
): void {
  const { status } = heard.answer
  const { runnerId, jobId, commandId } = heard.call.path
  if (!isComplete || status >= 400 || heard.operation === 'disconnectRunner') return
  const work = heard.operation === 'nextBridgeCommands' ? commands : jobs
  const strange = [
    ...(runnerId !== undefined && runners.get(runnerId)?.sessionId === undefined ? [runnerId] : []),
    ...(jobId !== undefined && jobs.get(jobId)?.created === undefined ? [jobId] : []),
    ...(commandId !== undefined && commands.get(commandId)?.created === undefined ? [commandId] : []),
    ...handedOut(heard).filter((id) => work.get(id)?.created === undefined),
  ]
  const [id] = strange
  if (id !== undefined)
    tellWrong(findings, heard, { rule: 'ids/unknown', expected: 'nothing, since there never was one', actual: id })
}
