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
  /** What the documents say there, in words; undefined for nothing. */
  readonly ours?: string | undefined
  readonly theirs?: string | undefined
  readonly remark?: string | undefined
}

export type SpecFinding = SpecDifference & { readonly operation: string }

const never: readonly Position[] = []
const requests: readonly Position[] = ['request']
const successes: readonly Position[] = ['success']
const sound: readonly Position[] = ['request', 'success']
const always: readonly Position[] = ['request', 'success', 'failure']

/**
 * Where something that was added, removed or changed breaks a client: one of ours at their server, or one of theirs at
 * our mock. What we say more than they do is a note, since a published document leaves much unsaid; except for what a
 * caller sends or reads by name, because upstream has then taken it away.
 */
const breaksClients = {
  'operation id': [never, never, never],
  'field name': [never, never, never],
  deprecated: [never, never, never],
  'any JSON': [never, never, never],
  content: [never, never, never],
  flaw: [never, never, never],
  operation: [always, always, always],
  parameter: [always, always, always],
  body: [always, sound, always],
  'media type': [requests, sound, sound],
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
  header: [always, never, always],
  status: [always, successes, always],
  keyword: [always, never, always],
} as const satisfies Record<string, readonly (readonly Position[])[]>

/** What both sides say of something, if it is not the same. A severity overrules the table. */
export function differing(
  position: Position,
  kind: DifferenceKind,
  ours: string | undefined,
  theirs: string | undefined,
  { severity, remark }: { severity?: SpecDifference['severity'] | undefined; remark?: string | undefined } = {},
): readonly SpecDifference[] {
  if (ours === theirs) return []
  const change = ours === undefined ? 'added' : theirs === undefined ? 'removed' : 'changed'
  const [added, removed, changed] = breaksClients[kind]
  const breaks = { added, removed, changed }[change].includes(position)
  return [{ where: '', kind, change, severity: severity ?? (breaks ? 'breaking' : 'note'), ours, theirs, remark }]
}

/** What can't be meant in their document, and how it was read. */
export function flaw(theirs: string, remark: string): readonly SpecDifference[] {
  return differing('request', 'flaw', undefined, theirs, { severity: 'flaw', remark })
}

/** The same differences, one step further out: `step` is put before each place, with a blank between two. */
export function within(step: string, differences: readonly SpecDifference[], blank = ''): readonly SpecDifference[] {
  return differences.map((found) => ({ ...found, where: `${step}${found.where && blank}${found.where}` }))
}
