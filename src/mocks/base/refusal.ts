/**
 * A request that is turned down before any rule is asked: a status and the reason. An outcome, so it is returned and
 * never thrown.
 */

/** Why a request was turned down. */
export interface Refusal<Status extends number = number> {
  /** The status of the answer. */
  readonly refused: Status
  /** What is wrong and what to do about it. */
  readonly message: string
  /** Whether it comes as `{errors}`. Default: as `{code, message}`. */
  readonly isListed?: true
}

export function refuse<Status extends number>(status: Status, message: string): Refusal<Status> {
  return { refused: status, message }
}

/** A refusal that comes as `{errors}`. */
export function refuseListed<Status extends number>(status: Status, message: string): Refusal<Status> {
  return { refused: status, message, isListed: true }
}

export function isRefusal<Outcome>(outcome: Outcome): outcome is Extract<Outcome, Refusal> {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome
}
