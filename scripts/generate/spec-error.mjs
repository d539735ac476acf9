// @ts-check
// The one way in which the generator refuses a spec: problems as data, each with its place, what is wrong and how to
// fix it. Formatting for the terminal happens here too, so that every refusal reads alike.

/**
 * One thing wrong with the spec.
 * @typedef {object} Problem
 * @property {readonly (string | number)[]} place Keys from the root of the document to the spot.
 * @property {string} problem What was found and what was expected.
 * @property {string} fix What to change.
 */

/** A spec that cannot be generated from; `problems` lists everything found, not only the first. */
export class SpecError extends Error {
  /** @param {readonly Problem[]} problems */
  constructor(problems) {
    super(problems.map((problem) => `${placeText(problem.place)}: ${problem.problem}`).join('\n'))
    this.name = 'SpecError'
    this.problems = problems
  }
}

/**
 * A spec error as lines for the terminal: `file:line: place: problem Fix: what to do.`
 * @param {SpecError} error
 * @param {{ file: string, whereIs: (place: readonly (string | number)[]) => { file: string, line: number } | null }} source
 * @returns {string}
 */
export function describeProblems(error, { file, whereIs }) {
  const lines = error.problems.map(({ place, problem, fix }) => {
    const found = whereIs(place)
    return `${found === null ? file : `${found.file}:${found.line}`}: ${placeText(place)}: ${problem} Fix: ${fix}`
  })
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`
  return [...lines, `${count} in ${file}; nothing was written.`].join('\n')
}

/** @param {readonly (string | number)[]} place */
function placeText(place) {
  if (place.length === 0) return 'the document'
  return place
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '')
}

/**
 * Names for a message: `a, b or c`.
 * @param {readonly unknown[]} names
 * @param {string} [joint]
 */
export function listText(names, joint = 'or') {
  if (names.length === 0) return '(none)'
  return names.length === 1 ? String(names[0]) : `${names.slice(0, -1).join(', ')} ${joint} ${names.at(-1)}`
}
