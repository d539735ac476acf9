// @ts-check
// Reads x-invariants, which a spec may lack, and renders them: what holds in every state that the rules allow, as a sentence
// and as facts that never meet.
import { FieldReader } from './field-reader.mjs'
import { SpecError } from './spec-error.mjs'
import { literal, code, table } from './literal.mjs'

/**
 * @typedef {object} Invariant
 * @property {string} id
 * @property {string} says
 * @property {string[]} of Its subjects: machines, or calls.
 * @property {Record<string, string[]>} never The facts that never meet: values by fact.
 */

const ROOT = 'x-invariants'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Invariant[]}
 */
export function readInvariants(spec) {
  const read = new FieldReader()
  const invariants = read.entries(spec.document[ROOT], [ROOT]).map(({ name: id, value, place }) => {
    const found = read.object(value, place, { required: ['says', 'of', 'never'] })
    const facts = read.entries(found.never, [...place, 'never'])
    if (facts.length === 0) read.report([...place, 'never'], 'it says nothing.', 'name a fact and its values.')
    return {
      id,
      says: read.text(found.says, [...place, 'says']),
      of: read.names(found.of, [...place, 'of']),
      never: Object.fromEntries(facts.map((fact) => [fact.name, read.names(fact.value, fact.place)])),
    }
  })
  if (read.problems.length > 0) throw new SpecError(read.problems)
  return invariants
}

/**
 * @param {readonly Invariant[]} invariants
 * @returns {string}
 */
export function renderInvariants(invariants) {
  const entries = Object.fromEntries(invariants.map(({ id, ...entry }) => [id, entry]))
  return `export interface InvariantEntry {
  readonly says: string
  /** What it is said of. */
  readonly of: readonly string[]
  /** Values by fact: these never meet. */
  readonly never: Readonly<Record<string, readonly string[]>>
}

/** What holds in every state that the rules allow. */
export const invariants = ${literal(entries)} as const satisfies Record<string, InvariantEntry>

export type InvariantId = keyof typeof invariants
`
}

/**
 * @param {readonly Invariant[]} invariants
 * @returns {string}
 */
export function renderInvariantsDocs(invariants) {
  if (invariants.length === 0) return ''
  const rows = invariants.map(({ id, says, of, never }) => [
    code(id),
    says,
    of.map(code).join(', '),
    Object.entries(never)
      .map(([fact, values]) => `${code(fact)}: ${values.map(code).join(' or ')}`)
      .join(' and '),
  ])
  return `
## Invariants

What holds in every state that these rules allow. [states.md](states.md) says how all of them are walked through.

${table(['Id', 'Holds', 'Of', 'Never'], rows)}`
}
