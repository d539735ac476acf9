// @ts-check
// Reads x-quirks, which a spec may lack, and renders them, for reports and for people: the known bugs of a server in
// use, by ids, each with the operations that show it or, where no document has them, the requests.
import { FieldReader } from './field-reader.mjs'
import { readInvariants } from './invariants.mjs'
import { SpecError, listText } from './spec-error.mjs'
import { literal, code, table } from './literal.mjs'

/**
 * @typedef {object} Quirk
 * @property {string} id
 * @property {'quirk' | 'race'} class
 * @property {string[]} operations
 * @property {string[]} requests Method and path of requests that are no operation of the spec.
 * @property {string[]} breaks Invariants that do not hold with it.
 * @property {string[]} stays Triggers that leave what was pending in the queue.
 * @property {string} today What the server does.
 * @property {string} sane What it should do.
 * @property {string} advice What a client does about it.
 */

const ROOT = 'x-quirks'
const CLASSES = ['quirk', 'race']
const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/
const RACE_ID = /^races\/[a-z0-9]+(-[a-z0-9]+)*$/

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @param {readonly import('./invariants.mjs').Invariant[]} [invariants]
 * @returns {Quirk[]}
 */
export function readQuirks(spec, operations, invariants = readInvariants(spec)) {
  const read = new FieldReader()
  const known = new Set(operations.map(({ id }) => id))
  const quirks = read
    .entries(spec.document[ROOT], [ROOT])
    .map(({ name, value, place }) => readQuirk(read, { id: name, value, place, known, invariants }))
  if (read.problems.length > 0) throw new SpecError(read.problems)
  return quirks
}

/**
 * @param {FieldReader} read
 * @param {{ id: string, value: unknown, place: import('./load-spec.mjs').Place, known: ReadonlySet<string>,
 *   invariants: readonly import('./invariants.mjs').Invariant[] }} entry
 * @returns {Quirk}
 */
function readQuirk(read, { id, value, place, known, invariants }) {
  const optional = ['class', 'operations', 'requests', 'breaks', 'stays']
  const found = read.object(value, place, { required: ['today', 'sane', 'advice'], optional })
  const operations = read.names(found.operations, [...place, 'operations'])
  const requests = read.names(found.requests, [...place, 'requests'])
  const breaks = read.names(found.breaks, [...place, 'breaks'])
  for (const name of breaks.filter((each) => !invariants.some((invariant) => invariant.id === each))) {
    read.report([...place, 'breaks'], `no invariant is called "${name}".`, 'name one of x-invariants.')
  }
  const kind = read.optionalText(found.class, [...place, 'class']) ?? 'quirk'
  if (!(kind === 'race' ? RACE_ID : ID).test(id)) {
    read.report(place, `"${id}" is no id of a quirk.`, 'write it in lower case, with dashes; of a race races/ID.')
  }
  if (!CLASSES.includes(kind)) read.report([...place, 'class'], `unknown class "${kind}".`, `use ${listText(CLASSES)}.`)
  for (const operation of operations.filter((name) => !known.has(name))) {
    read.report([...place, 'operations'], `no operation is called "${operation}".`, 'name one, or write requests.')
  }
  if (operations.length + requests.length === 0) read.report(place, 'nothing shows it.', 'name its operations.')
  return {
    id,
    class: kind === 'race' ? 'race' : 'quirk',
    ...{ operations, requests, breaks, stays: read.names(found.stays, [...place, 'stays']) },
    today: read.text(found.today, [...place, 'today']),
    sane: read.text(found.sane, [...place, 'sane']),
    advice: read.text(found.advice, [...place, 'advice']),
  }
}

/**
 * @param {readonly Quirk[]} quirks
 * @returns {string}
 */
export function renderQuirks(quirks) {
  const entries = quirks.map(({ id, class: kind, operations, today, breaks }) => [
    id,
    { class: kind, operations, today, ...(breaks.length > 0 && { breaks }) },
  ])
  const stays = quirks.flatMap(({ id, stays: triggers }) => triggers.map((trigger) => [trigger, id]))
  return `import type { InvariantId } from './invariants.js'
import type { OperationId } from './operations.js'

export interface QuirkEntry {
  /** A race is seen under load only, and differs from run to run. */
  readonly class: 'quirk' | 'race'
  /** Operations that bring it about or show it. */
  readonly operations: readonly OperationId[]
  /** What the server does. */
  readonly today: string
  /** Invariants that do not hold with it. */
  readonly breaks?: readonly InvariantId[]
}

/** Known bugs of servers in use, by id. */
export const quirks = ${literal(Object.fromEntries(entries))} as const satisfies Record<string, QuirkEntry>

/** The id of a quirk of today's server. */
export type QuirkId = keyof typeof quirks

/** Quirks by which what was pending stays in the queue, by the trigger that takes it out. */
export const queueQuirks: Readonly<Partial<Record<string, QuirkId>>> = ${literal(Object.fromEntries(stays))}
`
}

/**
 * @param {readonly Quirk[]} quirks
 * @returns {string}
 */
export function renderQuirksDocs(quirks) {
  const rows = quirks.map(({ id, operations, requests, today, sane, advice, breaks }) => [
    `<a id="${id}"></a>${code(id)}`,
    [...operations, ...requests].map(code).join('<br>'),
    today,
    sane,
    advice,
    breaks.map((name) => `[${code(name)}](lifecycle.md#invariants)`).join('<br>'),
  ])
  return `# Quirks of today's server

What servers of this API do today and nobody should rely on, as \`x-quirks\` of the spec lists it. The mock does what
the fourth column says; under the profile \`opik\` it does what the third one says, all but the races, which come from
calls that overlap in a store of its own. The last column names the invariants that do not hold with it.

${table(['Id', 'Seen on', "Today's server", 'The sane answer', 'What a client does', 'Breaks'], rows)}`
}
