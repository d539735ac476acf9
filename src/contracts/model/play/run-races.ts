/**
 * Plays random races, and turns the smallest one whose answers fit no serial order into a finding. There are two kinds: for
 * the jobs of an endpoint runner, for the commands of a connect runner. What their steps mean: calls on one queue, of things
 * that were there before the lanes began or are their own.
 */
import { Abandoned } from '../../../lifecycle/tracker/mismatch.js'
import type { ApiCall } from '../../../kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../../kernel/operation.js'
import type { TrackedWorld } from '../../../lifecycle/tracker/tracked-world.js'
import type { Context } from '../../check/context.js'
import type { Exchange } from '../../target/recorded-exchange.js'
import { Violation } from '../../target/expectation.js'
import { explore, type Found } from './explore.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import {
  exchangesOf,
  formOf,
  pick,
  SequenceFailure,
  toCall,
  type Intent,
  type RaceSteps,
  type SequenceStep,
} from '../steps/step.js'
import { findSerialOrder, type LaneKind, type LanePlanner, type LaneView, Race } from './race.js'
import { noteDeviations, Sequence } from './run-sequences.js'
import { renderScript } from '../steps/written-steps.js'
import { sequencesOf, type SequenceForm } from '../steps/sequences-arbitrary.js'
import { preparePlay, recordSteps, type PlaySetup } from './play-setup.js'

function call(operation: RunnerOperationId, parts: Parameters<typeof toCall>[2]): ApiCall {
  return toCall(operation, 'main', parts)
}

/** What only this call writes, so that a value can be told from any other. */
function mark({ label, made }: LaneView): string {
  return `${label}.${made}`
}

function onJob(
  operation: RunnerOperationId,
  choose: (view: LaneView) => string[],
  toBody?: (view: LaneView, form: number) => unknown,
): LanePlanner {
  return (view, { which, form }) => {
    const jobId = pick(choose(view), which)
    return jobId === undefined ? undefined : call(operation, { path: { jobId }, body: toBody?.(view, form) })
  }
}

const known = (view: LaneView): string[] => view.known
const taken = (view: LaneView): string[] => view.taken

function report(view: LaneView, form: number): unknown {
  const result = mark(view)
  return formOf(
    [
      { status: 'completed', result },
      { status: 'failed', error: result },
      { status: 'running', result },
    ],
    form,
  )
}

const onRunner =
  (operation: RunnerOperationId, toBody: (view: LaneView, form: number) => unknown = () => undefined): LanePlanner =>
  (view, { form }) =>
    call(operation, { path: { runnerId: view.runnerId }, body: toBody(view, form) })

const onCommand =
  (operation: RunnerOperationId, toBody: (view: LaneView, form: number) => unknown = () => undefined): LanePlanner =>
  (view, { which, form }) => {
    const commandId = pick(view.known, which)
    const path = { runnerId: view.runnerId, commandId: commandId ?? '' }
    return commandId === undefined ? undefined : call(operation, { path, body: toBody(view, form) })
  }

/** Plans of the lanes of jobs. A report names jobs that were handed out: of others the rules leave too much open. */
const jobLanes = {
  createJob: (view: LaneView) =>
    call('createJob', { body: { agent_name: 'echo', project_id: view.projectId, inputs: mark(view) } }),
  nextJob: onRunner('nextJob'),
  getJob: onJob('getJob', known),
  cancelJob: onJob('cancelJob', known),
  reportJobResult: onJob('reportJobResult', taken, report),
  // One entry at a time: batches that overlap may be shuffled.
  appendJobLogs: onJob('appendJobLogs', known, (view) => [{ stream: 'stdout', text: mark(view) }]),
  getJobLogs: onJob('getJobLogs', known),
  listJobs: (view: LaneView) => call('listJobs', { path: { runnerId: view.runnerId }, query: { size: 100 } }),
  heartbeat: onRunner('heartbeat'),
} as const satisfies LaneKind['plans']

const commandLanes = {
  createBridgeCommand: onRunner('createBridgeCommand', (view) => ({ type: 'ReadFile', args: { path: mark(view) } })),
  nextBridgeCommands: onRunner('nextBridgeCommands', (_, form) => ({ max_commands: 1 + (form % 3) })),
  getBridgeCommand: onCommand('getBridgeCommand'),
  reportBridgeResult: onCommand('reportBridgeResult', (view, form) => {
    const result = mark(view)
    return form % 2 === 0 ? { status: 'completed', result } : { status: 'failed', error: result }
  }),
} as const satisfies LaneKind['plans']

async function finishJobs(race: Race, { runnerId, known }: LaneView): Promise<void> {
  const path = { runnerId }
  const list = await race.look(call('listJobs', { path, query: { size: 100 } }))
  const jobs = objectsAt(list.body, 'content')
  for (const job of jobs) if (job['status'] === 'pending') await race.look(call('nextJob', { path }))
  for (const jobId of known) {
    await race.look(call('getJob', { path: { jobId } }))
    await race.look(call('getJobLogs', { path: { jobId } }))
  }
  await race.look(call('heartbeat', { path }))
}

async function finishCommands(race: Race, { runnerId, known }: LaneView): Promise<void> {
  const read = async (): Promise<string[]> => {
    const statuses: string[] = []
    for (const commandId of known) {
      const { body } = await race.look(call('getBridgeCommand', { path: { runnerId, commandId } }))
      statuses.push(textAt(body, 'status'))
    }
    return statuses
  }
  if (!(await read()).includes('pending')) return
  await race.look(call('nextBridgeCommands', { path: { runnerId }, body: { max_commands: 20 } }))
  await read()
}

const laneKinds = {
  'concurrent-jobs': {
    plans: jobLanes,
    poll: 'nextJob',
    feed: jobLanes.createJob,
    finish: finishJobs,
  },
  'concurrent-commands': {
    plans: commandLanes,
    poll: 'nextBridgeCommands',
    feed: commandLanes.createBridgeCommand,
    finish: finishCommands,
  },
} as const satisfies Record<string, LaneKind>

export type LaneKindName = keyof typeof laneKinds

const FORMS: Readonly<Record<LaneKindName, SequenceForm>> = {
  'concurrent-jobs': {
    first: { kind: 'pair', most: 1, form: () => 0 },
    weights: {
      createJob: 6,
      nextJob: 6,
      cancelJob: 3,
      reportJobResult: 3,
      getJob: 2,
      appendJobLogs: 2,
      getJobLogs: 1,
      listJobs: 1,
      heartbeat: 2,
    },
    steps: 18,
    owners: 1,
  },
  'concurrent-commands': {
    first: { kind: 'pair', most: 1, form: () => 1 },
    weights: { createBridgeCommand: 5, nextBridgeCommands: 5, reportBridgeResult: 4, getBridgeCommand: 2 },
    steps: 18,
    owners: 1,
  },
}

/** How often a race is run again in the search for the smallest: it need not go wrong each time. */
const ATTEMPTS = 5
const PATIENT_MS = 5000
const QUICK_MS = 1200

interface Story {
  expected: string
  actual: string
  pointer: string | null
  before: readonly SequenceStep[]
  race: RaceSteps | undefined
  unanswered: Exchange | undefined
  isSlow: boolean
}

/**
 * Plays the context's number of random races, or the one that its path leads to.
 * @throws Violation with the smallest race that went wrong as a script.
 */
export async function runRaces(context: Context, name: LaneKindName): Promise<void> {
  const setup = await preparePlay(context, false)
  const found = await explore<readonly Intent[], Story>(context, setup.time, {
    arbitrary: (fc) => sequencesOf(fc, FORMS[name]),
    isHopeless: ({ isSlow }) => isSlow,
    async play(intents, _, isShrinking) {
      for (let attempt = 0; attempt < (isShrinking ? ATTEMPTS : 1); attempt++) {
        const story = await play(setup, laneKinds[name], intents, isShrinking ? QUICK_MS : PATIENT_MS)
        if (story !== undefined) return story
      }
      return undefined
    },
  })
  if (found !== undefined) throw toViolation(setup, name, found)
}

const LANES = 3

async function play(setup: PlaySetup, kind: LaneKind, intents: readonly Intent[], graceMs: number) {
  const sequence = new Sequence(setup, graceMs)
  let race: Race | undefined
  try {
    const [pairing, ...rest] = intents
    const began = setup.time.stopwatch()
    if (pairing !== undefined) await sequence.play({ ...pairing, who: 0, which: 0 })
    const laneOf = ({ who }: Intent): number => who % (LANES + 1)
    for (const intent of rest.filter((each) => laneOf(each) === 0)) await sequence.play(intent, false)
    const callMs = (setup.time.stopwatch() - began) / Math.max(1, sequence.steps.length)
    const view = viewOf(sequence.world)
    if (view === undefined) return undefined
    const lanes = Array.from({ length: LANES }, (_, at) => rest.filter((each) => laneOf(each) === at + 1))
    race = new Race(
      { setup, sender: sequence.sender, kind, graceMs, callMs },
      view,
      lanes.filter(({ length }) => length > 0),
    )
    await race.run()
    const order = findSerialOrder(sequence.worlds.all, race.history)
    if (order.isFound) {
      noteDeviations(setup.context, order.excused)
      return undefined
    }
    const actual = `none. At best ${order.calls.join(', ')}; then ${order.problems.join('; or ')}`
    const expected = 'an order of the calls in which each answer is right'
    const answered = { unanswered: undefined, isSlow: false }
    return { expected, actual, pointer: null, before: sequence.steps, race: race.steps, ...answered }
  } catch (error) {
    if (error instanceof Abandoned) return undefined
    if (!(error instanceof SequenceFailure)) throw error
    const { expected, actual, pointer, unanswered, isSlow } = error
    return { expected, actual, pointer, before: sequence.steps, race: race?.steps, unanswered, isSlow }
  } finally {
    race?.hangUp()
    await sequence.cleanUp()
  }
}

function viewOf(world: TrackedWorld) {
  const [runner] = world.runners.values()
  if (runner === undefined || runner.isGone) return undefined
  const { id: runnerId, projectId, job, bridgeCommand } = runner
  const running = job.ids.filter((id) => world.work.get(id)?.states.some(({ status }) => status === 'running'))
  return { runnerId, projectId, known: [...job.ids, ...bridgeCommand.ids], taken: running, label: '', made: 0 }
}

function toViolation(setup: PlaySetup, name: LaneKindName, { failure, path }: Found<readonly Intent[], Story>) {
  const { expected, actual, pointer, before, race, unanswered } = failure
  const script = renderScript({
    ...recordSteps(setup),
    check: `model/${name}`,
    path,
    expected,
    actual,
    steps: before,
    race,
  })
  const steps = [...before, ...(race === undefined ? [] : [...race.lanes.flat(), ...race.feeder, ...race.after])]
  const exchanges = exchangesOf(steps, unanswered)
  return new Violation({ expected, actual, pointer, exchanges, script })
}
