// The one error that this package throws for misuse. It owns the form of such messages; outcomes that a caller
// must expect (a refused request, a failed check) are returned as data: refusals stand at the end.

/** The three parts of a message that helps. */
export interface KitErrorParts {
  failed: string
  /** The value that made it fail, as text. */
  value?: string
  /** What to do about it, as a sentence. */
  fix: string
}

/** Thrown for misuse of the package: a wrong option, an unusable file, a taken port. */
export class KitError extends Error {
  override readonly name = 'KitError'
  /** Stable identifier, `area/what`; safe to branch on. */
  readonly code: string
  /** What failed, without the value and the fix. */
  readonly failed: string
  /** The offending value as text, when there is one. */
  readonly value: string | undefined
  /** What to do about it. */
  readonly fix: string

  constructor(code: string, parts: KitErrorParts, options?: ErrorOptions) {
    const value = parts.value === undefined ? '' : ` Got: ${parts.value}.`
    super(`${parts.failed}${value} ${parts.fix}`, options)
    this.code = code
    this.failed = parts.failed
    this.value = parts.value
    this.fix = parts.fix
  }
}

/** Whether it is a KitError, by its name: each bundle of this package has a class of its own. */
export function isKitError(thrown: unknown): thrown is KitError {
  return thrown instanceof Error && thrown.name === 'KitError'
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The system's code of a thrown value, such as `ENOENT`; undefined without one. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}

/** A request that is turned down before any rule is asked: a status and the reason. */
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
