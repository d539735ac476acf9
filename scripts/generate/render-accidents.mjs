// @ts-check
// Renders the accidents of servers in use: accidents.ts for reports, and docs/accidents.md for people.
import { literal } from './literal.mjs'
import { code, table } from './markdown.mjs'

/** @typedef {import('./read-accidents.mjs').Accident} Accident */

/**
 * @param {readonly Accident[]} accidents
 * @returns {string}
 */
export function renderAccidents(accidents) {
  const entries = accidents.map(({ id, class: kind, operations, today }) => [id, { class: kind, operations, today }])
  return `import type { OperationId } from './operations.js'

export interface AccidentEntry {
  /** A race is seen under load only, and differs from run to run. */
  readonly class: 'accident' | 'race'
  /** Operations that bring it about or show it. */
  readonly operations: readonly OperationId[]
  /** What the server does. */
  readonly today: string
}

/** What servers in use do and nobody should rely on, by id. */
export const accidents = ${literal(Object.fromEntries(entries))} as const satisfies Record<string, AccidentEntry>

/** The id of an accident of today's server. */
export type AccidentId = keyof typeof accidents
`
}

/**
 * @param {readonly Accident[]} accidents
 * @returns {string}
 */
export function renderAccidentsDocs(accidents) {
  const rows = accidents.map(({ id, operations, requests, today, sane, advice }) => [
    `<a id="${id}"></a>${code(id)}`,
    [...operations, ...requests].map(code).join('<br>'),
    today,
    sane,
    advice,
  ])
  return `# Accidents of today's server

What servers of this API do today and nobody should rely on, as \`x-accidents\` of the spec lists it. The mock does what
the fourth column says; under the profile \`opik\` it does what the third one says, all but the races, which come from
calls that overlap in a store of its own.

${table(['Id', 'Seen on', "Today's server", 'The sane answer', 'What a client does'], rows)}`
}
