/**
 * Known bugs of today's servers: which of them a run accepts, and which of them a check has seen. The ids are those of
 * `x-accidents` in the spec.
 */
import { accidents, type AccidentEntry, type AccidentId } from '../../generated/accidents.js'
import type { AccidentSighting, CheckRule } from '../../generated/kit-schema.js'
import { KitError } from '../../kernel/errors.js'
import { isOperationId, type OperationId } from '../../kernel/operation.js'
import { nearest } from '../../kernel/problem.js'
import type { Answer } from '../target/answer.js'
import { expectAnyStatus, fail, type Proof } from '../target/expectation.js'
import { show } from '../../kernel/printable.js'

export type { AccidentId } from '../../generated/accidents.js'
export type { AccidentSighting as SeenInCheck } from '../../generated/kit-schema.js'

/** What a check expected where it met an accident, and what came. */
export interface AccidentProof {
  expected: string
  actual: unknown
  proof?: Proof
}

/** What a check may ask and tell about accidents. */
export interface AccidentWitness {
  readonly refused: ReadonlySet<AccidentId>
  /** Notes that the target does what the accident is about. Ends the check where the run refuses it. */
  accident(id: AccidentId, seen: AccidentProof): void
}

const table: Readonly<Record<AccidentId, AccidentEntry>> = accidents

/** Every id, in the order of the spec. */
export const accidentIds: readonly AccidentId[] = Object.keys(accidents).filter(isAccidentId)

/** What the accident is, in a sentence or two. */
export function describeAccident(id: AccidentId): string {
  return table[id].today
}

function isAccidentId(id: string): id is AccidentId {
  return Object.hasOwn(accidents, id)
}

/** Accepts every race. */
const ALL_RACES = 'races'

/**
 * The accidents that a run refuses: under `strict` all but those that it accepts by name, else none. `races` is the name
 * of every race.
 * @throws KitError `accidents/unknown` for an id that the spec does not have.
 */
export function refusedAccidents(isStrict: boolean, accepted: readonly string[]): ReadonlySet<AccidentId> {
  for (const id of accepted) if (id !== ALL_RACES && !isAccidentId(id)) throw unknown(id)
  const areRacesAccepted = accepted.includes(ALL_RACES)
  const isAccepted = (id: AccidentId): boolean =>
    accepted.includes(id) || (areRacesAccepted && table[id].class === 'race')
  return new Set(isStrict ? accidentIds.filter((id) => !isAccepted(id)) : [])
}

function unknown(id: string): KitError {
  const meant = nearest(id, [ALL_RACES, ...accidentIds])
  return new KitError('accidents/unknown', {
    failed: 'There is no such accident.',
    value: id,
    fix: meant === undefined ? `Known are ${accidentIds.join(', ')}.` : `Did you mean ${meant}?`,
  })
}

/** The accidents that one check has met. */
export class AccidentLog {
  readonly states: AccidentSighting[] = []
  private readonly refused: ReadonlySet<AccidentId>
  private readonly rule: CheckRule

  /** @param rule of the check */
  constructor(rule: CheckRule, refused: ReadonlySet<AccidentId>) {
    this.rule = rule
    this.refused = refused
  }

  /** @throws Violation that names an accident which is refused */
  note(id: AccidentId, { expected, actual, proof }: AccidentProof): void {
    if (this.refused.has(id)) fail(`${expected} (${refusal(id)})`, show(actual), proof)
    const operation = this.operationOf(proof)
    const isKnown = this.states.some((each) => each.id === id && each.operation === operation)
    if (!isKnown) this.states.push({ id, operation })
  }

  private operationOf(proof: Proof): OperationId | null {
    const { operation, on = '' } = this.rule
    const shown = proof === undefined ? undefined : [proof].flat().at(-1)?.operation
    return shown ?? operation ?? (isOperationId(on) ? on : null)
  }
}

/** How a failure names an accident that is refused. */
export function refusal(id: AccidentId): string {
  return `accident ${id}, refused by --strict`
}

/** Ends the check unless the answer has one of the statuses, or one of those that the accident gives it. */
export function expectStatusOr(
  context: AccidentWitness,
  answer: Answer,
  statuses: readonly number[],
  [id, ofAccident]: readonly [AccidentId, readonly number[]],
): void {
  if (statuses.includes(answer.status) || !ofAccident.includes(answer.status)) {
    expectAnyStatus(answer, statuses)
    return
  }
  const expected = `status ${statuses.join(' or ')} from ${answer.operation ?? answer.exchange.url}`
  context.accident(id, { expected, actual: answer.status, proof: answer })
}

/** Ends the check unless the value is one of `values`, or one of those that the accident gives it. */
export function expectValueOr<Value>(
  context: AccidentWitness,
  { what, actual, values, proof }: { what: string; actual: unknown; values: readonly Value[]; proof?: Proof },
  [id, ofAccident]: readonly [AccidentId, readonly Value[]],
): void {
  if (values.some((value) => value === actual)) return
  const expected = `${what} to be ${values.map(show).join(' or ')}`
  if (!ofAccident.some((value) => value === actual)) fail(expected, show(actual), proof)
  context.accident(id, { expected, actual, proof })
}

/** Ends the check unless the rule holds, or is broken in the way that the accident declares. */
export function expectThatOr(
  context: AccidentWitness,
  holds: boolean,
  { expected, actual, proof }: AccidentProof,
  [id, isOfAccident]: readonly [AccidentId, boolean],
): void {
  if (holds) return
  if (!isOfAccident) fail(expected, show(actual), proof)
  context.accident(id, { expected, actual, proof })
}

/** Accidents that answer wrong requests of their operations otherwise, and how. */
const ACCIDENTS: readonly (readonly [AccidentId, readonly number[]])[] = [
  ['neighbour-request-500', [500]],
  ['redirect-500', [500]],
  ['lenient-bodies', [200, 201, 204]],
]

/** Ends the check unless a wrong request has one of the statuses, or one that an accident of its operation gives it. */
export function expectRefusal(
  context: AccidentWitness,
  operation: OperationId,
  answer: Answer,
  admitted: readonly number[],
): void {
  const found = ACCIDENTS.find(([id, statuses]) => {
    return statuses.includes(answer.status) && table[id].operations.includes(operation)
  })
  if (found === undefined) expectAnyStatus(answer, admitted)
  else expectStatusOr(context, answer, admitted, found)
}
