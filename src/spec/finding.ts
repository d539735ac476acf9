// What a comparison finds, and the one table that says which findings break a client.
// "Ours" is the document the kit is made from; "theirs" is the one that it is compared with.

/** Whose message a schema describes: the caller's, or an answer that succeeds or fails. */
export type Position = 'request' | 'success' | 'failure'

export type DifferenceKind = keyof typeof breaksClients

export interface SpecDifference {
  /** Such as `query size`, `request body /metadata/dataset_id`, `response 200 /content[]/status`. */
  readonly where: string
  readonly kind: DifferenceKind
  /** `added`: only theirs has it; `removed`: only ours has it; `changed`: both have it and disagree. */
  readonly change: 'added' | 'removed' | 'changed'
  /** `flaw`: a mistake of their document, which was read around. */
  readonly severity: 'breaking' | 'note' | 'flaw'
  /** What our document says there, in words; undefined when it says nothing. */
  readonly ours?: string | undefined
  /** What their document says there, in words; undefined when it says nothing. */
  readonly theirs?: string | undefined
  /** Why it is judged as it is, or what else to know. */
  readonly remark?: string | undefined
}

/** A difference with the operation it belongs to: its operationId, or method and path where it has none. */
export interface SpecFinding extends SpecDifference {
  readonly operation: string
}

const never: readonly Position[] = []
const requests: readonly Position[] = ['request']
const successes: readonly Position[] = ['success']
const sound: readonly Position[] = ['request', 'success']
const always: readonly Position[] = ['request', 'success', 'failure']

/**
 * The policy: where something that was added, removed or changed breaks a client. Two clients count: one written for
 * our document that meets their server, and one written for theirs that meets our mock. What we say more than they do
 * is a note, since a published document leaves much unsaid; except for what a caller sends or reads by name, because
 * upstream has then taken it away.
 */
const breaksClients = {
  operation: [always, always, always],
  'operation id': [never, never, never],
  parameter: [always, always, always],
  'parameter name': [never, never, never],
  body: [always, sound, always],
  'media type': [requests, requests, sound],
  'field name': [never, never, never],
  field: [always, sound, always],
  required: [always, never, always],
  type: [always, always, always],
  form: [always, sound, always],
  format: [always, never, always],
  enum: [always, never, always],
  default: [never, never, requests],
  limit: [requests, never, requests],
  pattern: [requests, never, requests],
  null: [always, successes, always],
  'other fields': [never, never, never],
  header: [always, never, always],
  status: [always, successes, always],
  deprecation: [never, never, never],
  'any JSON': [never, never, never],
  content: [never, never, never],
  keyword: [never, never, never],
  flaw: [never, never, never],
} as const satisfies Record<string, readonly (readonly Position[])[]>

/** What may be said beyond kind and place; a severity overrules the table. */
export type DifferenceDetails = {
  readonly [Name in 'ours' | 'theirs' | 'remark' | 'severity']?: SpecDifference[Name] | undefined
}

/** Makes a difference, judged by the table. `change` follows from which sides say something. */
export function difference(position: Position, kind: DifferenceKind, details: DifferenceDetails): SpecDifference {
  const { ours, theirs, remark, severity } = details
  const change = ours === undefined ? 'added' : theirs === undefined ? 'removed' : 'changed'
  const [added, removed, changed] = breaksClients[kind]
  const breaks = { added, removed, changed }[change].includes(position)
  return { where: '', kind, change, severity: severity ?? (breaks ? 'breaking' : 'note'), ours, theirs, remark }
}

export function isBreaking({ severity }: SpecDifference): boolean {
  return severity === 'breaking'
}

/** What both sides say of something, if it is not the same. */
export function differing(
  position: Position,
  kind: DifferenceKind,
  ours: string | undefined,
  theirs: string | undefined,
  more: DifferenceDetails = {},
): readonly SpecDifference[] {
  return ours === theirs ? [] : [difference(position, kind, { ours, theirs, ...more })]
}

/** What can't be meant in their document, and how it was read. */
export function flaw(position: Position, theirs: string, remark: string): SpecDifference {
  return difference(position, 'flaw', { theirs, remark, severity: 'flaw' })
}

/** The same differences, one step further out: `step` is put before each place, with a blank between two. */
export function within(step: string, differences: readonly SpecDifference[], blank = ''): readonly SpecDifference[] {
  return differences.map((found) => ({ ...found, where: `${step}${found.where && blank}${found.where}` }))
}
