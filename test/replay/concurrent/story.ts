// Who was there in a recording: its calls by operation, runners with what may have ended them, and where jobs were seen.
import { fieldOf, isRecord, recordsOf, textOf, type Modelled } from '../../../src/contracts/model/rules/call.js'
import type { Limits } from '../../../src/contracts/target/target.js'
import type { RunnerType } from '../../../src/kernel/types.js'
import { projectOf, type Visit } from './history.js'

/** A runner, as the recording knows it from its session on. */
export interface KnownRunner {
  id: string
  sessionId: string
  projectId: string
  type: RunnerType
  opened: Visit
  activated: Visit | undefined
  /** What may have ended it or brought it back: disconnects, and activations in its slot. */
  ends: Visit[]
}

/** Calls by their operation. */
export type By = Readonly<Partial<Record<Modelled, readonly Visit[]>>>

/** The calls that succeeded, or were refused for the state of something. */
export interface Story {
  limits: Limits
  visits: readonly Visit[]
  by: By
  runners: ReadonlyMap<string, KnownRunner>
}

/** Refusals for what a request is, whatever the state. */
const STATELESS: readonly number[] = [400, 401, 403, 405, 406, 413, 415, 422]

/** Sorts a recording's calls. */
export function tellStory(limits: Limits, visits: readonly Visit[]): Story {
  const by: Partial<Record<Modelled, Visit[]>> = {}
  for (const visit of visits) {
    if (visit.call === undefined || STATELESS.includes(visit.answer.status)) continue
    ;(by[visit.call.operation] ??= []).push(visit)
  }
  return { limits, visits, by, runners: knowRunners(by) }
}

function knowRunners(by: By): Map<string, KnownRunner> {
  const activations = by.activatePairingSession ?? []
  const known = (by.createPairingSession ?? []).flatMap((opened): KnownRunner[] => {
    const { status, body } = opened.answer
    if (status !== 201) return []
    const [id, sessionId] = [textOf(body, 'runner_id'), textOf(body, 'session_id')]
    const type = textOf(opened.call?.body, 'type') === 'connect' ? 'connect' : 'endpoint'
    const activated = activations.find(
      ({ call, answer }) => call?.path['sessionId'] === sessionId && answer.status === 201,
    )
    return [{ id, sessionId, projectId: projectOf(opened), type, opened, activated, ends: [] }]
  })
  for (const runner of known) runner.ends = endsOf(runner, known, by)
  return new Map(known.map((runner) => [runner.id, runner]))
}

function endsOf(
  { id, sessionId, projectId, type, activated }: KnownRunner,
  all: readonly KnownRunner[],
  by: By,
): Visit[] {
  if (activated === undefined) return []
  const rivals = all.filter((each) => each.projectId === projectId && each.type === type).map((each) => each.sessionId)
  const isLater = ({ now }: Visit): boolean => now.to > activated.now.from
  const disconnects = (by.disconnectRunner ?? []).filter(({ call }) => call?.path['runnerId'] === id)
  const activations = (by.activatePairingSession ?? []).filter(({ call, answer }) => {
    const session = call?.path['sessionId'] ?? ''
    return rivals.includes(session) && (session !== sessionId || answer.status === 409) && answer.status !== 404
  })
  return [...disconnects, ...activations].filter(isLater)
}

/** What an answer shows of a job. */
export function shownJob({ operation, answer }: Visit, id: string): Record<string, unknown> | undefined {
  if (answer.status !== 200) return undefined
  const shown = operation === 'listJobs' ? recordsOf(fieldOf(answer.body, 'content')) : [answer.body].filter(isRecord)
  return shown.find((each) => each['id'] === id)
}

const JOB_READS = ['getJob', 'nextJob', 'listJobs'] as const

/** The answers that show a job. */
export function sightingsOf({ by }: Story, id: string): { visit: Visit; job: Record<string, unknown> }[] {
  return JOB_READS.flatMap((operation) => by[operation] ?? []).flatMap((visit) => {
    const job = shownJob(visit, id)
    return job === undefined ? [] : [{ visit, job }]
  })
}

/** The runner of a job, as far as anybody was shown it. */
export function runnerOfJob(story: Story, id: string): KnownRunner | undefined {
  return story.runners.get(textOf(sightingsOf(story, id)[0]?.job, 'runner_id'))
}
