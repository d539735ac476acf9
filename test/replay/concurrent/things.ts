// What a recording is cut into: runners, jobs and commands, each with everything that happened to it. A history has a
// serial order exactly when the history of each thing in it has one, so each is searched by itself.
import {
  fieldOf,
  isRecord,
  recordsOf,
  textOf,
  type ModelAnswer,
  type ModelCall,
} from '../../../src/contracts/model/rules/call.js'
import { judge } from '../../../src/contracts/model/rules/judge-call.js'
import { Mismatch } from '../../../src/contracts/model/rules/mismatch.js'
import { SOME_TEXT } from '../../../src/contracts/model/rules/stored-value.js'
import {
  createRunner,
  createWorld,
  ownRunner,
  type Runner,
  type World,
} from '../../../src/contracts/model/rules/model-world.js'
import { projectOf, type Visit } from './history.js'
import type { Happening } from './serial-order.js'
import { runnerOfJob, shownJob, sightingsOf, type By, type KnownRunner, type Story } from './story.js'

/** One thing and its history. */
export interface Thing {
  what: string
  world: World
  happenings: Happening[]
}

/** A world in which there is nothing but the ground. */
function emptyWorld({ limits, runners }: Story): World {
  const projects = new Map([...runners.values()].map(({ projectId }) => [projectId, 'own'] as const))
  return createWorld({ limits, workspaces: { main: 'own' }, projects, isShared: true, earlier: new Set() })
}

/** A world with one runner that can do everything. */
function worldOf(story: Story, { id, projectId, type, activated }: KnownRunner, parts: Partial<Runner>): World {
  const world = emptyWorld(story)
  const moment = activated?.now ?? { from: 0, to: 0 }
  const runner = createRunner({ id, owner: 'main', projectId, type, name: '', activated: moment })
  world.runners.set(id, { ...runner, capabilities: ['bridge'], ...parts })
  return world
}

function happening({ id, now }: Visit, apply: Happening['apply']): Happening {
  return { id, from: now.from, to: now.to, apply }
}

/** A call held against the model, as it was or as far as it is about the thing. */
function judged(visit: Visit, call?: Partial<ModelCall>, answer?: Partial<ModelAnswer>): Happening[] {
  if (visit.call === undefined || visit.isAborted) return []
  const asked = { ...visit.call, ...call }
  const told = { ...visit.answer, ...answer }
  return [happening(visit, (world) => judge(world, asked, told, visit.now))]
}

/**
 * The ends of a job's or a command's runner: whether an activation really evicts it, its own history tells. What is on the
 * runner may be seen to end before the runner is gone.
 */
function endings({ id, ends }: KnownRunner): Happening[] {
  return ends.flatMap((end) => [
    { ...happening(end, (world) => endWork(world)), isOptional: true },
    { ...happening(end, (world) => setGone(world, id, true)), isOptional: end.operation !== 'disconnectRunner' },
  ])
}

function endWork({ jobs, commands }: World): undefined {
  for (const job of jobs.values()) {
    job.faces = job.faces.flatMap((face) => {
      if (face.ended !== undefined) return [face]
      const failed = { ...face, status: 'failed' as const, error: SOME_TEXT }
      return [failed, { ...failed, ended: job.created }]
    })
  }
  for (const command of commands.values()) {
    if (command.ended === undefined) Object.assign(command, { status: 'timed_out', ended: command.submitted })
  }
}

function setGone(world: World, id: string, isGone: boolean): undefined {
  const runner = world.runners.get(id)
  if (runner !== undefined) runner.isGone = isGone
}

const at = (visits: readonly Visit[] | undefined, name: string, id: string): Visit[] =>
  (visits ?? []).filter(({ call }) => call?.path[name] === id)

/** Every job that was created, with its history. */
export function jobThings(story: Story): Thing[] {
  return (story.by.createJob ?? []).flatMap((created) => {
    const id = created.answer.createdId
    const runner = id === undefined ? undefined : runnerOfJob(story, id)
    return id === undefined || runner === undefined ? [] : [jobThing(story, created, id, runner)]
  })
}

function jobThing(story: Story, created: Visit, id: string, runner: KnownRunner): Thing {
  const { by } = story
  const name = textOf(created.call?.body, 'agent_name')
  const timeout = Number(sightingsOf(story, id)[0]?.job['timeout'] ?? 0)
  const world = worldOf(story, runner, { agents: { [name]: { name, timeout } } })
  const path = { jobId: id }
  const direct = (['getJob', 'cancelJob', 'getJobLogs', 'appendJobLogs', 'reportJobResult'] as const).flatMap(
    (operation) => at(by[operation], 'jobId', id).flatMap((visit) => judged(visit)),
  )
  const polls = at(by.nextJob, 'runnerId', runner.id)
  const lists = at(by.listJobs, 'runnerId', runner.id).flatMap((visit) => {
    const body = shownJob(visit, id)
    if (body !== undefined) return judged(visit, { operation: 'getJob', path, query: {} }, { body })
    return isWhole(visit) ? [happening(visit, (state) => demandAbsent(state.jobs.has(id), `job ${id}`))] : []
  })
  return {
    what: `job ${id}`,
    world,
    happenings: [
      ...judged(created),
      ...direct,
      ...at(by.reportJobResult, 'jobId', id).flatMap((visit) => firstHalf(visit)),
      ...lists,
      ...polls.filter((visit) => shownJob(visit, id) !== undefined).flatMap((visit) => judged(visit)),
      ...lostHandOut(polls, (state) => takeUnseen(state, runner.id, id)),
      ...announcements(by, runner.id, id),
      ...endings(runner),
    ],
  }
}

/** What a report brings may be seen before the end that it reports. */
function firstHalf(visit: Visit): Happening[] {
  const body = { ...(isRecord(visit.call?.body) ? visit.call.body : {}), status: 'running' }
  return judged(visit, { body }).map((each) => ({ ...each, isOptional: true }))
}

/** A list that leaves nothing out. */
function isWhole({ call, answer }: Visit): boolean {
  const total = fieldOf(answer.body, 'total')
  const { status, project_id } = call?.query ?? {}
  const isFiltered = status !== undefined || (call?.operation === 'listJobs' && project_id !== undefined)
  return answer.status === 200 && !isFiltered && recordsOf(fieldOf(answer.body, 'content')).length === total
}

function demandAbsent(isThere: boolean, what: string): Mismatch | undefined {
  return isThere ? new Mismatch(`${what} in the list`, 'a list without it') : undefined
}

/** What a poll was given whose caller had hung up: nobody knows which one it was, and it may come much later. */
function lostHandOut(polls: readonly Visit[], apply: Happening['apply']): Happening[] {
  const [first] = polls.filter(({ isAborted }) => isAborted)
  return first === undefined ? [] : [{ ...happening(first, apply), to: Infinity, isOptional: true }]
}

function takeUnseen(world: World, runnerId: string, id: string): Mismatch | undefined {
  const [runner, job] = [world.runners.get(runnerId), world.jobs.get(id)]
  if (runner?.queue.includes(id) !== true || job === undefined) return new Mismatch('a pending job', 'none')
  runner.queue = []
  job.faces = job.faces.map((face) => ({ ...face, status: 'running', hasStarted: true }))
  return undefined
}

/** Heartbeats, as far as they could announce the job: from its first cancellation on. */
function announcements(by: By, runnerId: string, id: string): Happening[] {
  const cancels = at(by.cancelJob, 'jobId', id)
  const begin = Math.min(...cancels.map(({ now }) => now.from))
  return at(by.heartbeat, 'runnerId', runnerId).flatMap((visit) => {
    const told = fieldOf(visit.answer.body, 'cancelled_job_ids')
    const isTold = Array.isArray(told) && told.includes(id)
    if (visit.answer.status !== 200 || (!isTold && visit.now.to < begin)) return []
    const during = cancels.some(({ now }) => now.from <= visit.now.to && visit.now.from <= now.to)
    return [happening(visit, (world) => announce(world, visit, { id, isTold, during }))]
  })
}

/** One that overlaps the cancellation may leave it to a later one. */
function announce(
  world: World,
  visit: Visit,
  { id, isTold, during }: { id: string; isTold: boolean; during: boolean },
): ReturnType<Happening['apply']> {
  if (visit.call === undefined || (during && !isTold)) return undefined
  const body = { cancelled_job_ids: isTold ? [id] : [] }
  return judge(world, { ...visit.call, body: undefined }, { ...visit.answer, body }, visit.now)
}

/** Every bridge command that was submitted, with its history. */
export function commandThings(story: Story): Thing[] {
  return (story.by.createBridgeCommand ?? []).flatMap((created) => {
    const runner = story.runners.get(created.call?.path['runnerId'] ?? '')
    return created.answer.status !== 201 || runner === undefined ? [] : [commandThing(story, created, runner)]
  })
}

function commandThing(story: Story, created: Visit, runner: KnownRunner): Thing {
  const { by } = story
  const id = textOf(created.answer.body, 'command_id')
  const polls = at(by.nextBridgeCommands, 'runnerId', runner.id)
  const handOuts = polls.flatMap((visit) => {
    const items = recordsOf(fieldOf(visit.answer.body, 'commands')).filter((each) => each['command_id'] === id)
    return items.length === 0 ? [] : judged(visit, { body: undefined }, { body: { commands: items } })
  })
  return {
    what: `command ${id}`,
    world: worldOf(story, runner, {}),
    happenings: [
      ...judged(created),
      ...handOuts,
      ...lostHandOut(polls, (world) => pickUpUnseen(world, runner.id, id)),
      ...at(by.reportBridgeResult, 'commandId', id).flatMap((visit) => judged(visit)),
      ...at(by.getBridgeCommand, 'commandId', id).flatMap((visit) => reading(visit, runner.id)),
      ...endings(runner),
    ],
  }
}

/** A reader who waits is told that the command timed out when its runner goes. */
function reading(visit: Visit, runnerId: string): Happening[] {
  const [plain] = judged(visit)
  if (plain === undefined) return []
  const isTimedOut = visit.call?.query['wait'] === true && textOf(visit.answer.body, 'status') === 'timed_out'
  return [
    {
      ...plain,
      apply: (world) => (isTimedOut && world.runners.get(runnerId)?.isGone === true ? undefined : plain.apply(world)),
    },
  ]
}

function pickUpUnseen(world: World, runnerId: string, id: string): Mismatch | undefined {
  const [runner, command] = [world.runners.get(runnerId), world.commands.get(id)]
  if (runner === undefined || command?.status !== 'pending') return new Mismatch('a pending command', 'none')
  runner.commandQueue = []
  command.status = 'picked_up'
  command.pickedUp = command.submitted
  return undefined
}

/** Every runner for which a session was opened, with its history. */
export function runnerThings(story: Story): Thing[] {
  return [...story.runners.values()].map((runner) => runnerThing(story, runner))
}

const RUNNER_CALLS = ['getRunner', 'registerAgents', 'patchChecklist'] as const
const OWNED_CALLS = ['nextJob', 'nextBridgeCommands', 'listJobs'] as const

function runnerThing(story: Story, runner: KnownRunner): Thing {
  const { by } = story
  const { id, sessionId, opened, activated } = runner
  const direct = RUNNER_CALLS.flatMap((operation) =>
    at(by[operation], 'runnerId', id).flatMap((visit) => judged(visit)),
  )
  return {
    what: `runner ${id}`,
    world: emptyWorld(story),
    happenings: [
      ...judged(opened),
      ...at(by.activatePairingSession, 'sessionId', sessionId).flatMap((visit) => judged(visit)),
      ...direct,
      ...at(by.heartbeat, 'runnerId', id).flatMap((visit) => judged(visit, {}, { body: { cancelled_job_ids: [] } })),
      ...(by.listRunners ?? []).flatMap((visit) => listing(visit, runner)),
      ...OWNED_CALLS.flatMap((operation) => at(by[operation], 'runnerId', id)).flatMap((visit) => owning(visit, id)),
      ...at(by.createBridgeCommand, 'runnerId', id).flatMap((visit) => submission(visit, id)),
      ...(activated === undefined ? [] : runner.ends.flatMap((end) => ending(end, runner, activated))),
    ],
  }
}

function listing(visit: Visit, { id, projectId }: KnownRunner): Happening[] {
  if (projectOf(visit) !== projectId) return []
  const body = recordsOf(fieldOf(visit.answer.body, 'content')).find((each) => each['id'] === id)
  if (body !== undefined) return judged(visit, { operation: 'getRunner', path: { runnerId: id }, query: {} }, { body })
  if (!isWhole(visit)) return []
  return [happening(visit, (world) => demandAbsent(ownRunner(world, 'main', id) !== undefined, `runner ${id}`))]
}

/** Polls and lists, as far as they tell whether the runner is the caller's. */
function owning(visit: Visit, id: string): Happening[] {
  const { status } = visit.answer
  if (visit.isAborted) return []
  return [
    happening(visit, (world) => {
      const isThere = ownRunner(world, 'main', id) !== undefined
      return isThere === (status !== 404) ? undefined : new Mismatch(isThere ? '200' : '404', String(status))
    }),
  ]
}

/** A submission tells of the runner's capabilities; the command has a history of its own. */
function submission(visit: Visit, id: string): Happening[] {
  return judged(visit).map((each) => ({
    ...each,
    apply(world) {
      const outcome = each.apply(world)
      if (outcome instanceof Mismatch) return outcome
      for (const next of outcome ?? [world]) {
        next.commands.clear()
        const runner = next.runners.get(id)
        if (runner !== undefined)
          Object.assign(runner, { commands: [], commandQueue: [], accepted: { all: 0, writes: 0, refusedWrites: 0 } })
      }
      return outcome
    },
  }))
}

/** An activation that does not overlap its own evicts it; one that does may have come before. */
function ending(end: Visit, { id, sessionId }: KnownRunner, activated: Visit): Happening[] {
  // What a second activation of its own does, the model knows.
  if (end.call?.path['sessionId'] === sessionId) return []
  const isSure = end.operation === 'disconnectRunner' || (end.answer.status === 201 && end.now.from > activated.now.to)
  return [{ ...happening(end, (world) => setGone(world, id, true)), isOptional: !isSure }]
}
