// Families of servers that get one cell of the lifecycle wrong: for each state of each resource and each operation that meets
// it, one that answers the opposite; and for each move, one that answers well and does not move.
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { listCells, type MatrixCell } from '../../../src/contracts/suites/core/lifecycle-checks.js'
import { machineOf } from '../../../src/lifecycle/roles.js'
import type { MachineName } from '../../../src/lifecycle/table.js'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { responses } from '../../../src/kernel/all-operations.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import type { Call } from '../call.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import {
  answer,
  createdIn,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  textIn,
  withBody,
  type Members,
} from '../reply.js'
import { editResource } from '../spoils.js'
import type { Stage } from '../stage.js'

const NOBODY = '00000000-0000-7000-8000-000000000000'

/** The state of the resource that a call is about, as far as the call names it. */
function stateMet(machine: MachineName, operation: OperationId, call: Call, stage: Stage): string {
  const { parameter, creates } = machineOf(machine)
  if (creates.includes(operation)) return 'none'
  if (operation === 'createJob') return stateOfTaker(call, stage)
  return stage.stateOf(machine, call.path[parameter] ?? NOBODY)
}

/** A job names its runner by the project; one that is to come counts where there is none. */
function stateOfTaker(call: Call, stage: Stage): string {
  const taker = stage.takerOf(call)
  if (taker !== undefined) return stage.stateOf('runner', taker.id)
  const projectId = textIn(call.body, 'project_id')
  const open = [...stage.sessions.values()].find((session) => session.projectId === projectId)
  return stage.stateOf('runner', open?.runnerId ?? NOBODY)
}

/** A success where a refusal is due, and the other way round. */
function opposite(operation: OperationId, reply: ApiResponse): ApiResponse {
  const statuses = Object.keys(responses[operation]).map(Number)
  if (!isSuccess(reply)) return answer(statuses[0] ?? 200, statuses[0] === 200 ? {} : undefined)
  return refusal(statuses.find((status) => status >= 400 && status !== reply.status) ?? 409)
}

/** Hands out something that is not there. */
function somethingElse(reply: ApiResponse): ApiResponse {
  const body = membersIn(reply)
  if (!isSuccess(reply) || reply.body === 'null') return reply
  if (!('commands' in body)) return withBody(reply, { ...body, id: NOBODY })
  const commands = itemsOf(body['commands']).map((each) => ({ ...membersOf(each), command_id: NOBODY }))
  return withBody(reply, { commands })
}

/** Shows the entries that are in a state in another one. */
function misstated(reply: ApiResponse, state: string, other: string): ApiResponse {
  const page = membersIn(reply)
  const restate = (entry: Members): Members => (entry['status'] === state ? { ...entry, status: other } : entry)
  return withBody(reply, { ...page, content: itemsOf(page['content']).map((entry) => restate(membersOf(entry))) })
}

type Edit = (reply: ApiResponse, call: Call, stage: Stage, met: string) => ApiResponse

/** What a poll or a list gets wrong about resources that its call does not name. */
function editOfUnnamed({ machine, state, operation }: MatrixCell): Edit | undefined {
  if (machine === 'job' && operation === 'nextJob')
    return handsOutWrong(state, (stage, id) => stage.jobsOf(id, state).length)
  if (machine === 'bridgeCommand' && operation === 'nextBridgeCommands')
    return handsOutWrong(state, (stage, id) => stage.commandsOf(id, state).length)
  const isList = operation === 'listRunners' || (machine === 'job' && operation === 'listJobs')
  if (!isList) return undefined
  const { states } = machineOf(machine)
  const other = Object.keys(states).find((each) => states[each]?.wire === true && each !== state) ?? ''
  return (reply) => {
    if (!isSuccess(reply)) return reply
    if (states[state]?.wire === true && state !== 'pairing') return misstated(reply, state, other)
    return itemsOf(membersIn(reply)['content']).length === 0 ? refusal(404) : reply
  }
}

function handsOutWrong(state: string, count: (stage: Stage, runnerId: string) => number): Edit {
  return (reply, { path }, stage) =>
    state === 'none' || state === 'pending' || count(stage, path['runnerId'] ?? '') > 0 ? somethingElse(reply) : reply
}

function answersOpposite(cell: MatrixCell): Spoil {
  const { machine, state, operation } = cell
  const edit = editOfUnnamed(cell) ?? ((reply, _, __, met) => (met === state ? opposite(operation, reply) : reply))
  return (stage) => async (call) => {
    const met = stateMet(machine, operation, call, stage)
    return edit(await call.proceed(), call, stage, met)
  }
}

/** Answers as if the move had happened. */
function doesNotMove({ machine, state, operation, rule }: MatrixCell): Spoil {
  return (stage) => (call) => {
    if (stateMet(machine, operation, call, stage) !== state) return call.proceed()
    const body = operation === 'heartbeat' ? { cancelled_job_ids: [] } : undefined
    const location = `${call.exchange.base ?? ''}${call.pathname}/${NOBODY}`
    return answer(rule.answer ?? 204, body, rule.answer === 201 ? { location } : {})
  }
}

/** Moves, and is shown in another state from then on. */
function movesElsewhere({ machine, state, operation, rule }: MatrixCell): Spoil {
  const { states, parameter } = machineOf(machine)
  const other = Object.keys(states).find((each) => states[each]?.wire === true && each !== rule.to && each !== state)
  return (stage) => {
    const moved = new Set<string>()
    const show = editResource((resource) =>
      moved.has(idOf(resource)) && resource['status'] === rule.to ? { ...resource, status: other } : resource,
    )(stage)
    return async (call) => {
      if (call.operation !== operation) return show(call)
      const met = stateMet(machine, operation, call, stage)
      const reply = await call.proceed()
      const body = membersIn(reply)
      const named = [call.path[parameter] ?? '', createdIn(reply), ...[body, ...itemsOf(body['commands'])].map(idOf)]
      if (isSuccess(reply) && (met === state || POLLS.has(operation))) for (const id of named) moved.add(id)
      return reply
    }
  }
}

function idOf(resource: unknown): string {
  return textIn(resource, 'id') || textIn(resource, 'command_id')
}

/** The checks of the lifecycle by their pair of state and operation, whatever the facts. */
const checksByPair = new Map<string, string[]>()
for (const { id } of checks) {
  const [pair] = /^lifecycle\/\w+\.\w+\.\w+(?=\.|$)/.exec(id) ?? []
  if (pair !== undefined) checksByPair.set(pair, [...(checksByPair.get(pair) ?? []), id])
}

function checksOf({ machine, state, operation }: MatrixCell): readonly string[] {
  return checksByPair.get(`lifecycle/${machine}.${state}.${operation}`) ?? []
}

/** Where it is judged what becomes of a resource, besides its own cells. */
const AREAS: Readonly<Record<MachineName, readonly string[]>> = {
  pairingSession: ['pairing', 'pairing-crypto', 'slots', 'time', 'isolation', 'concurrency'],
  runner: ['runner', 'pairing', 'heartbeat', 'agents', 'time', 'slots', 'long-poll', 'limits', 'isolation', 'wire'],
  job: ['job', 'job-reports', 'job-logs', 'time', 'ordering', 'long-poll', 'paging', 'slots', 'isolation', 'wire'],
  bridgeCommand: ['bridge', 'bridge-reports', 'time', 'waiting-readers', 'long-poll', 'slots', 'isolation', 'wire'],
}

/** Where the state of a resource is shown. */
const READS: Readonly<Record<MachineName, readonly OperationId[]>> = {
  pairingSession: [],
  runner: ['getRunner', 'listRunners'],
  job: ['getJob', 'listJobs'],
  bridgeCommand: ['getBridgeCommand'],
}

function mutantOf(
  { machine, state, operation }: MatrixCell,
  what: string,
  does: string,
  rest: Omit<MutantDefinition, 'id' | 'mistake'>,
): MutantDefinition {
  const id = `lifecycle/${machine}.${state}.${operation}-${what}`
  return { id, mistake: `${operation} ${does}.`, touches: [operation], ...rest }
}

function wrongAnswer(cell: MatrixCell): MutantDefinition {
  const noticed = { only: checksOf(cell), beside: AREAS[cell.machine] }
  const does = `gets a ${cell.machine} wrong that is ${cell.state}`
  return mutantOf(cell, 'wrong', does, { ...noticed, spoil: answersOpposite(cell) })
}

function noMove(cell: MatrixCell): MutantDefinition {
  const noticed = { only: checksOf(cell), beside: AREAS[cell.machine] }
  const does = `answers well and leaves a ${cell.machine} that is ${cell.state} as it is`
  return mutantOf(cell, 'without-effect', does, { ...noticed, spoil: doesNotMove(cell) })
}

function wrongMove(cell: MatrixCell): MutantDefinition {
  const { machine, state, operation } = cell
  return mutantOf(cell, 'moves-elsewhere', `moves a ${machine} that is ${state} into another state`, {
    touches: [operation, ...READS[machine]],
    areas: ['lifecycle', ...AREAS[machine]],
    spoil: movesElsewhere(cell),
  })
}

const cells = listCells()
const isFirst = (cell: MatrixCell, at: number, all: readonly MatrixCell[]): boolean =>
  all.findIndex((each) => checksOf(each)[0] === checksOf(cell)[0]) === at
const POLLS = new Set<OperationId>(['nextJob', 'nextBridgeCommands'])
/** Moves that a call of its own makes, and that leave something to look at. */
const moves = cells.filter(
  ({ operation, rule, machine }) =>
    rule.to !== null && !POLLS.has(operation) && !machineOf(machine).creates.includes(operation),
)

export const lifecycleFamilyMutants: readonly Mutant[] = [
  ...defineFamily('cells answered wrongly', cells.filter(isFirst).map(wrongAnswer)),
  ...defineFamily('moves left out', moves.filter(isFirst).map(noMove)),
  ...defineFamily(
    'moves elsewhere',
    cells
      .filter(({ rule, machine }) => machineOf(machine).states[rule.to ?? '']?.wire === true)
      .filter(isFirst)
      .map(wrongMove),
  ),
]
