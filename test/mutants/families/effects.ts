// Families of servers that get one operation wrong as a whole: another status that it declares, nothing done behind a good
// answer, everything done twice, a call that counts as a heartbeat, a list in another order or without some entries.
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { severityOf } from '../../../src/contracts/suites/wire/negative-checks.js'
import type { OperationEntry } from '../../../src/generated/operations.js'
import { operations, responses, tags } from '../../../src/kernel/all-operations.js'
import { idParametersOf, operationIds, type OperationId, isOperationId } from '../../../src/kernel/operation.js'
import { forgedActivations } from '../../../src/contracts/suites/core/pairing-checks.js'
import { settings } from '../../../src/lifecycle/table.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import { answer, isObject, isSuccess, itemsOf, jsonIn, withBody } from '../reply.js'
import { editReply, insteadOf, asOwner } from '../spoils.js'
import { takesAlso } from '../areas/pairing.js'
import { workspaceOf } from '../stage.js'
import { successOf } from './broken-requests.js'

const table: Readonly<Record<OperationId, OperationEntry>> = operations
const checkIds = new Set(checks.map(({ id }) => id))
const OF_RUNNERS = [...new Set(checks.map(({ area }) => area))].filter((area) => !['model', 'quirks'].includes(area))
const OF_NEIGHBOURS = ['schema', 'projects', 'ingestion', 'configurations', 'prompts']

function mutantOf(operation: OperationId, what: string, mistake: string, spoil: Spoil): MutantDefinition {
  const severity = severityOf(operation)
  const [area, areas] = severity === 'must' ? (['lifecycle', OF_RUNNERS] as const) : (['wire', OF_NEIGHBOURS] as const)
  const id = `${area}/${operation}.${what}`
  return { id, mistake: `${operation} ${mistake}.`, severity, touches: [operation], areas, spoil }
}

/** The refusals that checks provoke. */
const refusalsOf = (operation: OperationId): number[] =>
  Object.keys(responses[operation])
    .map(Number)
    .filter((status) => status >= 400 && checkIds.has(`schema/${operation}.${status}`))

/** For each refusal that a check provokes, a success. */
function succeeding(operation: OperationId): MutantDefinition[] {
  return refusalsOf(operation).map((status) => {
    const spoil = editReply((reply) => (reply.status === status ? successOf(operation) : reply))
    return mutantOf(operation, `${status}-as-success`, `succeeds in place of ${status}`, spoil)
  })
}

/** For each refusal that a check provokes, another one that the operation declares as well. */
function swapped(operation: OperationId): MutantDefinition[] {
  const refusals = refusalsOf(operation)
  if (refusals.length < 2) return []
  return refusals.map((status, at) => {
    const other = refusals[(at + 1) % refusals.length] ?? status
    const mistake = `answers ${other} in place of ${status}`
    return mutantOf(operation, `${status}-as-${other}`, mistake, insteadOf(status, other))
  })
}

const twice: Spoil = () => async (call) => {
  const reply = await call.proceed()
  return isSuccess(reply) ? call.proceed() : reply
}

const beatsToo: Spoil = (stage) => async (call) => {
  const reply = await call.proceed()
  const runner = stage.runnerOf(call) ?? stage.takerOf(call)
  if (isSuccess(reply) && runner !== undefined)
    await call.ask('heartbeat', { path: { runnerId: runner.id }, body: {}, as: runner.owner })
  return reply
}

/** Changes the list that an answer is or holds. */
function editList(edit: (list: unknown[]) => unknown[]): Spoil {
  return editReply((reply) => {
    const body = isSuccess(reply) && reply.body !== '' ? jsonIn(reply) : undefined
    if (Array.isArray(body)) return withBody(reply, edit(itemsOf(body)))
    if (!isObject(body)) return reply
    const members = Object.entries(body)
    const edited = members.map(([name, value]) => [name, Array.isArray(value) ? edit(itemsOf(value)) : value])
    return withBody(reply, Object.fromEntries(edited))
  })
}

const ofRunners = operationIds.filter((id) => tags[id] === 'Runners' || tags[id] === 'Pairing')
/** Calls whose success says nothing that the next call needs. */
const silent = [
  ...ofRunners.filter((id) => table[id].success === 204 || id === 'heartbeat'),
  ...(['updateProject', 'updateTrace', 'updateSpan'] as const),
]
const repeated = ['heartbeat', 'createJob', 'appendJobLogs', 'createBridgeCommand'] as const
/** Calls of a runner that is there afterwards. */
const ofOneRunner = ofRunners.filter(
  (id) =>
    id === 'createJob' ||
    (id !== 'heartbeat' && id !== 'disconnectRunner' && /runnerId|jobId/.test(idParametersOf(operations[id]).join())),
)
const sorted = ['listRunners', 'listJobs', 'getJobLogs', 'nextBridgeCommands'] as const
const listing = [...sorted, 'heartbeat', 'getRunner'] as const

const reverse = editList((list) => list.toReversed())
const cutFirst = editList((list) => list.slice(1))
const cutLast = editList((list) => list.slice(0, -1))
const double = editList((list) => list.flatMap((each) => [each, each]))

const ignores = (operation: OperationId): Spoil => {
  const reply = operation === 'heartbeat' ? answer(200, { cancelled_job_ids: [] }) : successOf(operation)
  return () => () => reply
}

export const effectMutants: readonly Mutant[] = [
  ...defineFamily('statuses swapped', operationIds.flatMap(swapped)),
  ...defineFamily('refusals left out', operationIds.flatMap(succeeding)),
  ...defineFamily('effects wrong', [
    ...silent.map((id) => mutantOf(id, 'ignored', 'answers well and does nothing', ignores(id))),
    ...repeated.map((id) => mutantOf(id, 'twice', 'is carried out twice', twice)),
    ...ofOneRunner.map((id) => mutantOf(id, 'beats', 'counts as a heartbeat', beatsToo)),
  ]),
  ...defineFamily('lists wrong', [
    ...sorted.map((id) => mutantOf(id, 'reversed', 'lists in the other order', reverse)),
    ...listing.map((id) => mutantOf(id, 'first-left-out', 'leaves out the first entry', cutFirst)),
    ...listing.map((id) => mutantOf(id, 'last-left-out', 'leaves out the last entry', cutLast)),
    ...listing.map((id) => mutantOf(id, 'doubled', 'lists each entry twice', double)),
  ]),
]

const OTHERS = {
  colleague: 'any user of the workspace',
  stranger: 'users of other workspaces',
} as const

function letsIn(other: keyof typeof OTHERS, operation: OperationId): MutantDefinition {
  return {
    id: `isolation/${operation}.open-to-${other}`,
    mistake: `${operation} takes ${OTHERS[other]} for the owner.`,
    touches: [operation],
    only: [`isolation/${other}.${operation}`],
    beside: ['isolation'],
    spoil: asOwner((call, stage) => {
      const owner = stage.runnerOf(call)?.owner
      const isColleague = owner !== undefined && workspaceOf(owner) === call.workspace
      return isColleague === (other === 'colleague')
    }),
  }
}

export const identityMutants: readonly Mutant[] = defineFamily(
  'others let in',
  checks.flatMap(({ id }): MutantDefinition[] => {
    const [, other, operation = ''] = /^isolation\/(colleague|stranger)\.(\w+)$/.exec(id) ?? []
    if (!isOperationId(operation)) return []
    return other === 'colleague' || other === 'stranger' ? [letsIn(other, operation)] : []
  }),
)

export const forgeryMutants: readonly Mutant[] = defineFamily(
  'forgeries taken',
  forgedActivations.map(([name, title, make]): MutantDefinition => ({
    id: `pairing-crypto/${name}-taken`,
    mistake: `A proof made with ${title} activates a session.`,
    touches: ['activatePairingSession'],
    only: [`pairing-crypto/forged-${name}`],
    spoil: takesAlso(({ session: { id: sessionId, runnerId }, key, name: runnerName, hmac }) => {
      return hmac === make({ key, sessionId, runnerId, name: runnerName })
    }),
  })),
)

const SPANS = ['time', 'job', 'bridge', 'long-poll', 'waiting-readers', 'heartbeat']
const WITHOUT_END = 1_000_000_000

function otherValues(name: string, value: number): MutantDefinition[] {
  const isSpan = name.endsWith('_seconds')
  const others: Readonly<Record<string, number>> = isSpan
    ? { halved: value / 2, doubled: value * 2, endless: WITHOUT_END }
    : { 'one-less': value - 1, 'one-more': value + 1, endless: WITHOUT_END }
  return Object.entries(others).map(([what, other]) => ({
    id: `${isSpan ? 'time' : 'limits'}/${name}-${what}`,
    mistake: `${name} is ${other}, not ${value} as declared.`,
    settings: { [name]: other },
    areas: isSpan ? SPANS : ['limits', 'job-logs', 'agents', 'checklist'],
  }))
}

export const settingMutants: readonly Mutant[] = defineFamily(
  'settings off',
  Object.entries(settings)
    .flatMap(([name, { default: value }]) => otherValues(name, value))
    // How often the reaper comes is left open, as long as it comes.
    .filter(({ id }) => !/reaper_interval_seconds-(halved|doubled)/.test(id)),
)
