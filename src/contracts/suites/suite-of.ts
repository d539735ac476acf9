/** The suites: which of them a check belongs to, and the order in which checks rest on each other. */
import { neighbourOperations } from '../../kernel/all-operations.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { type Check, operationOf } from '../check/check.js'

/** The suites, each resting on those before it. */
export const suiteNames = ['core', 'bridge', 'limits', 'isolation', 'time', 'neighbours'] as const

/** Name of a suite. */
export type SuiteName = (typeof suiteNames)[number]

/** Areas that belong to a suite whatever their checks are about. */
const AREAS: Readonly<Record<string, SuiteName>> = {
  bridge: 'bridge',
  'bridge-reports': 'bridge',
  limits: 'limits',
  concurrency: 'limits',
  ordering: 'limits',
  isolation: 'isolation',
  'long-poll': 'time',
  'waiting-readers': 'time',
  time: 'time',
  projects: 'neighbours',
  ingestion: 'neighbours',
}

const BRIDGE: ReadonlySet<OperationId> = new Set([
  'createBridgeCommand',
  'nextBridgeCommands',
  'getBridgeCommand',
  'reportBridgeResult',
])

/** Checks of core's rules whose examples include bridge commands. */
const WITH_BRIDGE: ReadonlySet<string> = new Set([
  'wire/ids-are-uuids-of-version-7',
  'wire/times',
  'wire/errors',
  'model/runners',
  'model/everything',
])

/** Checks of no operation, since it is none, beside a neighbour. */
const BESIDE_NEIGHBOURS: ReadonlySet<string> = new Set(['accidents/delete-span'])

/** The part of a check that decides about its suite. */
export type Placed = Pick<Check, 'id' | 'area' | 'rule' | 'needs'>

/** The suite of a check: what it needs decides first, then its area, then the operation of its rule. */
export function suiteOf({ id, area, rule, needs }: Placed): SuiteName {
  if (needs.clock !== undefined) return 'time'
  if (needs.other !== undefined) return 'isolation'
  const named = AREAS[area]
  if (named !== undefined) return named
  const operation = operationOf(rule)
  const isOfBridge = rule.machine === 'bridgeCommand' || (operation !== undefined && BRIDGE.has(operation))
  if (isOfBridge || WITH_BRIDGE.has(id)) return 'bridge'
  const isOfNeighbour = operation === undefined ? BESIDE_NEIGHBOURS.has(id) : isNeighbour(operation)
  return isOfNeighbour ? 'neighbours' : 'core'
}

/** That a server is alive is nobody's neighbour. */
function isNeighbour(operation: OperationId): boolean {
  return operation !== 'isAlive' && Object.hasOwn(neighbourOperations, operation)
}

/** The checks in an order in which each comes after those that it rests on: by suites, then by operations. */
export function inOrderOfNeed(checks: readonly Check[]): Check[] {
  const placed = checks.map((check) => ({ check, suite: suiteNames.indexOf(suiteOf(check)), rank: rankOf(check) }))
  return placed.toSorted((a, b) => a.suite - b.suite || a.rank - b.rank).map(({ check }) => check)
}

/** The spec's order of operations is that of building them; rules of no operation come when all of those are judged. */
function rankOf({ rule }: Check): number {
  const operation = operationOf(rule)
  if (operation === 'isAlive') return -1
  return operation === undefined ? operationIds.length : operationIds.indexOf(operation)
}
