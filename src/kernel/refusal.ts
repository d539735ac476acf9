// A request that is turned down before any rule is asked: a status and the reason. An outcome, so it is returned and
// never thrown.

export interface Refusal<Status extends number = number> {
  readonly refused: Status
  readonly message: string
  /** Whether it comes as `{errors}`. Default: as `{code, message}`. */
  readonly isListed?: true
}

export function refuse<Status extends number>(status: Status, message: string): Refusal<Status> {
  return { refused: status, message }
}

export function refuseListed<Status extends number>(status: Status, message: string): Refusal<Status> {
  return { refused: status, message, isListed: true }
}

export function isRefusal<Outcome>(outcome: Outcome): outcome is Extract<Outcome, Refusal> {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome
}
