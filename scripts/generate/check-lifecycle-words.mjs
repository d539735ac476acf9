// @ts-check
// Refuses words of refusals that nobody says, and placeholders in them that nothing fills.
import { carriedBy } from './read-refusals.mjs'
import { listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {import('./spec-error.mjs').Problem} Problem */

/** Placeholders that are filled for every request. */
const GENERAL = ['state', 'workspace']

/**
 * @param {Spec} spec
 * @param {{ lifecycle: Lifecycle, operations: readonly Operation[] }} parts
 * @returns {Problem[]}
 */
export function checkWords(spec, { lifecycle, operations }) {
  const settings = Object.keys(lifecycle.settings)
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  const ofRules = lifecycle.machines.flatMap((machine) => {
    const known = [...GENERAL, ...settings, ...Object.keys(machine.details)]
    return machine.rules.flatMap(({ say, on, answer, place }) => {
      if (say === null) return []
      const at = [...place, 'say']
      if ((answer ?? 0) < 400) return [{ place: at, problem: `${on}: only a refusal has words.`, fix: 'remove say.' }]
      return placeholderProblems(say, [...known, ...carriedBy(spec, byId.get(on))], at)
    })
  })
  const ofMachines = lifecycle.machines.flatMap((machine) => [
    ...unsaidWords(machine),
    ...unusedDetails(machine),
    ...Object.entries(machine.words).flatMap(([status, say]) =>
      placeholderProblems(say, [...GENERAL, ...settings], [...machine.place, 'words', status]),
    ),
  ])
  return [...ofRules, ...ofMachines]
}

/**
 * @param {string} say
 * @param {readonly string[]} known
 * @param {Place} place
 * @returns {Problem[]}
 */
function placeholderProblems(say, known, place) {
  const named = [...say.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '')
  return named
    .filter((name) => !known.includes(name))
    .map((name) => ({ place, problem: `nothing fills {${name}} of "${say}".`, fix: `use ${listText(known)}.` }))
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function unsaidWords({ name, words, rules, place }) {
  const said = new Set(rules.filter(({ say }) => say === null).map(({ answer }) => String(answer)))
  return Object.keys(words)
    .filter((status) => !said.has(status))
    .map((status) => ({
      place: [...place, 'words', status],
      problem: `machine ${name}: no rule without words of its own answers ${status}.`,
      fix: 'remove them.',
    }))
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function unusedDetails({ name, details, rules, place }) {
  return Object.keys(details)
    .filter((detail) => !rules.some(({ say }) => say?.includes(`{${detail}}`)))
    .map((detail) => ({
      place: [...place, 'details', detail],
      problem: `machine ${name}: no rule's words tell ${detail}.`,
      fix: 'use it, or remove it.',
    }))
}
