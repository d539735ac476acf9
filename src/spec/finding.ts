// What a comparison finds, and the one table that says which findings break a client.
// "Ours" is the document the kit is made from; "theirs" is the one that it is compared with.

/** Whether a client breaks, or a reader merely learns something. */
export type Severity = 'breaking' | 'note'

/** `added`: only theirs has it; `removed`: only ours has it; `changed`: both have it and disagree. */
export type Change = 'added' | 'removed' | 'changed'

/** Whose message a schema describes: the caller's, or an answer that succeeds or fails. */
export type Position = 'request' | 'success' | 'failure'

/** What a difference is about. */
export type DifferenceKind = keyof typeof severities

/** A difference at a place inside one operation. */
export interface Difference {
  /** Such as `query size`, `request body /metadata/dataset_id`, `response 200 /content[]/status`. */
  readonly where: string
  readonly kind: DifferenceKind
  readonly change: Change
  readonly severity: Severity
  /** What our document says there, in words; absent when it says nothing. */
  readonly ours?: string
  /** What their document says there, in words; absent when it says nothing. */
  readonly theirs?: string
  /** Why it is judged as it is, or what else to know. */
  readonly remark?: string
}

/** A difference with the operation it belongs to: its operationId, or method and path where it has none. */
export interface Finding extends Difference {
  readonly operation: string
}

type Verdicts = Readonly<Record<Position, Severity>>

const breaking: Verdicts = { request: 'breaking', success: 'breaking', failure: 'breaking' }
const note: Verdicts = { request: 'note', success: 'note', failure: 'note' }
const breakingInRequests: Verdicts = { request: 'breaking', success: 'note', failure: 'note' }
const breakingInAnswers: Verdicts = { request: 'note', success: 'breaking', failure: 'note' }
const noteInFailures: Verdicts = { request: 'breaking', success: 'breaking', failure: 'note' }

/**
 * The policy. Two clients count: one written for our document that meets their server, and one written for theirs
 * that meets our mock. What we say more than they do is a note, since a published document leaves much unsaid;
 * except for what a caller sends or reads by name, because upstream has then taken it away.
 */
const severities = {
  operation: { added: breaking, removed: breaking, changed: breaking },
  'operation id': { added: note, removed: note, changed: note },
  parameter: { added: breaking, removed: breaking, changed: breaking },
  'parameter name': { added: note, removed: note, changed: note },
  'parameter style': { added: breaking, removed: breaking, changed: breaking },
  body: { added: breaking, removed: noteInFailures, changed: breaking },
  'media type': { added: breakingInRequests, removed: breakingInRequests, changed: noteInFailures },
  'field name': { added: note, removed: note, changed: note },
  field: { added: breaking, removed: noteInFailures, changed: breaking },
  required: { added: breaking, removed: note, changed: breaking },
  type: { added: breaking, removed: breaking, changed: breaking },
  form: { added: breaking, removed: noteInFailures, changed: breaking },
  format: { added: breaking, removed: note, changed: breaking },
  enum: { added: breaking, removed: note, changed: breaking },
  default: { added: note, removed: note, changed: breakingInRequests },
  limit: { added: breakingInRequests, removed: note, changed: breakingInRequests },
  pattern: { added: breakingInRequests, removed: note, changed: breakingInRequests },
  null: { added: breaking, removed: breakingInAnswers, changed: breaking },
  'other fields': { added: note, removed: note, changed: note },
  header: { added: breaking, removed: note, changed: breaking },
  status: { added: breaking, removed: breakingInAnswers, changed: breaking },
  deprecation: { added: note, removed: note, changed: note },
  'any JSON': { added: note, removed: note, changed: note },
  content: { added: note, removed: note, changed: note },
  keyword: { added: note, removed: note, changed: note },
} as const satisfies Record<string, Record<Change, Verdicts>>

/** What a caller of `difference` may say beyond kind and place. */
export interface DifferenceDetails {
  ours?: string | undefined
  theirs?: string | undefined
  remark?: string | undefined
  /** Overrules the table; say why in `remark`. */
  severity?: Severity | undefined
}

/** Makes a difference, judged by the table. `change` follows from which sides say something. */
export function difference(
  position: Position,
  where: string,
  kind: DifferenceKind,
  { ours, theirs, remark, severity }: DifferenceDetails,
): Difference {
  const change = ours === undefined ? 'added' : theirs === undefined ? 'removed' : 'changed'
  return {
    where,
    kind,
    change,
    severity: severity ?? severities[kind][change][position],
    ...(ours === undefined ? {} : { ours }),
    ...(theirs === undefined ? {} : { theirs }),
    ...(remark === undefined ? {} : { remark }),
  }
}

/** The same differences, one step further out: `step` is put before each place. */
export function within(step: string, differences: readonly Difference[]): readonly Difference[] {
  return differences.map((found) => ({ ...found, where: `${step}${found.where}` }))
}

/** How many of the differences break a client. */
export function countBreaking(differences: readonly Difference[]): number {
  return differences.filter((found) => found.severity === 'breaking').length
}
