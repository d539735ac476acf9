/**
 * Known bugs of today's servers: which of them a run accepts, and which of them a check has seen. The ids are those of
 * `x-quirks` in the spec.
 */
import { quirks, type QuirkEntry, type QuirkId } from '../../generated/quirks.js'
import { KitError } from '../../kernel/errors.js'
import type { OperationId } from '../../kernel/operation.js'
import { nearest } from '../../kernel/problem.js'
import type { Answer } from '../target/answer.js'
import { expectAnyStatus, fail, type Proof } from '../target/expectation.js'
export { refusal } from '../../lifecycle/tracker/mismatch.js'
import { show } from '../../kernel/printable.js'

export type { QuirkId } from '../../generated/quirks.js'
export type { QuirkSighting as SeenInCheck } from '../../generated/kit-schema.js'

/** What a check expected where it met a quirk, and what came. */
export interface QuirkProof {
  expected: string
  actual: unknown
  proof?: Proof
}

/** What a check may ask and tell about quirks. */
export interface QuirkWitness {
  readonly refused: ReadonlySet<QuirkId>
  /** Notes that the target does what the quirk is about. Ends the check where the run refuses it. */
  quirk(id: QuirkId, seen: QuirkProof): void
}

const table: Readonly<Record<QuirkId, QuirkEntry>> = quirks

/** Every id, in the order of the spec. */
export const quirkIds: readonly QuirkId[] = Object.keys(quirks).filter(isQuirkId)

/** What the quirk is, in a sentence or two. */
export function describeQuirk(id: QuirkId): string {
  return table[id].today
}

export function isQuirkId(id: string): id is QuirkId {
  return Object.hasOwn(quirks, id)
}

const ALL_RACES = 'races'

/**
 * The quirks that a run refuses: under `strict` all but those that it accepts by name, else none. `races` is the name
 * of every race.
 * @throws KitError `quirks/unknown` for an id that the spec does not have.
 */
export function refusedQuirks(isStrict: boolean, accepted: readonly string[]): ReadonlySet<QuirkId> {
  for (const id of accepted) if (id !== ALL_RACES && !isQuirkId(id)) throw unknown(id)
  const areRacesAccepted = accepted.includes(ALL_RACES)
  const isAccepted = (id: QuirkId): boolean => accepted.includes(id) || (areRacesAccepted && table[id].class === 'race')
  return new Set(isStrict ? quirkIds.filter((id) => !isAccepted(id)) : [])
}

function unknown(id: string): KitError {
  const meant = nearest(id, [ALL_RACES, ...quirkIds])
  return new KitError('quirks/unknown', {
    failed: 'There is no such quirk.',
    value: id,
    fix: meant === undefined ? `Known are ${quirkIds.join(', ')}.` : `Did you mean ${meant}?`,
  })
}

/** Ends the check unless the answer has one of the statuses, or one of those that the quirk gives it. */
export function expectStatusOr(
  context: QuirkWitness,
  answer: Answer,
  statuses: readonly number[],
  [id, ofQuirk]: readonly [QuirkId, readonly number[]],
): void {
  if (statuses.includes(answer.status) || !ofQuirk.includes(answer.status)) {
    expectAnyStatus(answer, statuses)
    return
  }
  const expected = `status ${statuses.join(' or ')} from ${answer.operation ?? answer.exchange.url}`
  context.quirk(id, { expected, actual: answer.status, proof: answer })
}

/** Ends the check unless a value in an answer is the wanted one, or one of those that the quirk gives it. */
export function expectValueOr(
  context: QuirkWitness,
  proof: Answer,
  [what, actual, wanted]: readonly [what: string, actual: unknown, wanted: unknown],
  id: QuirkId,
  ...ofQuirk: readonly unknown[]
): void {
  const seen = { expected: `${what} to be ${show(wanted)}`, actual, proof }
  expectThatOr(context, actual === wanted, seen, [id, ofQuirk.includes(actual)])
}

/** Ends the check unless the rule holds, or is broken in the way that the quirk declares. */
export function expectThatOr(
  context: QuirkWitness,
  holds: boolean,
  { expected, actual, proof }: QuirkProof,
  [id, isOfQuirk]: readonly [QuirkId, boolean],
): void {
  if (holds) return
  if (!isOfQuirk) fail(expected, show(actual), proof)
  context.quirk(id, { expected, actual, proof })
}

/** Quirks that answer wrong requests of their operations otherwise, and how. */
const QUIRKS: readonly (readonly [QuirkId, readonly number[]])[] = [
  ['neighbour-request-500', [500]],
  ['redirect-500', [500]],
  ['lenient-bodies', [200, 201, 204]],
]

/** Ends the check unless a wrong request has one of the statuses, or one that a quirk of its operation gives it. */
export function expectRefusal(
  context: QuirkWitness,
  operation: OperationId,
  answer: Answer,
  admitted: readonly number[],
): void {
  const found = QUIRKS.find(([id, statuses]) => {
    return statuses.includes(answer.status) && table[id].operations.includes(operation)
  })
  if (found === undefined) expectAnyStatus(answer, admitted)
  else expectStatusOr(context, answer, admitted, found)
}
