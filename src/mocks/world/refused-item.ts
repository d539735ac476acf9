/**
 * An operation that is refused for a reason of the spec (`x-refusals`), which has its status and its words; outcomes carry
 * what those tell beside the request.
 */

/** A reason, and what its words tell. */
export interface Refused<Reason extends string = string, Detail extends string = string> {
  readonly refused: Reason
  readonly details: Readonly<Record<Detail, string>>
}

/** Refuses for a reason. */
export function refused<Reason extends string, Detail extends string = never>(
  reason: Reason,
  details: Readonly<Record<Detail, string>>,
): Refused<Reason, Detail> {
  return { refused: reason, details }
}

/** Whether an outcome refuses. */
export function isRefused<Outcome>(outcome: Outcome): outcome is Extract<Outcome, Refused> {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome && 'details' in outcome
}
