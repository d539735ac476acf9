// What is wrong in something that the kit was given, and the one way to tell people: the place, what came, what was
// expected, and what may have been meant.
import { KitError } from './errors.js'

/** Keys from the root of a document to a value in it. */
export type ProblemPlace = readonly (string | number)[]

export interface Problem {
  /** Where: `['runners', 0, 'name']`. */
  readonly path: ProblemPlace
  readonly value: unknown
  /** A phrase that continues "expected ...". */
  readonly expected: string
  /** The name that was probably meant. */
  readonly meant?: string | undefined
  /** The code of the error that it causes, where it has one of its own. */
  readonly code?: string | undefined
}

/** Where something is, for people: `runners[0].name`; '' for the whole. */
export function placeOf(path: ProblemPlace): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '')
}

/** A value for people, cut when it is long. */
export function show(value: unknown): string {
  const written = value === undefined ? 'left out' : typeof value === 'number' ? String(value) : write(value)
  return clip(written, 80)
}

/** A text of at most so many characters, with dots where more were. */
export function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text
}

function write(value: unknown): string {
  try {
    // JSON has no word for functions, symbols and bigints.
    return typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : nameOf(value)
  } catch {
    return 'an object without end'
  }
}

function nameOf(value: unknown): string {
  return typeof value === 'function' ? 'a function' : String(value)
}

/** What was expected, and what may have been meant: it continues "expected ...". */
export function describeExpected({ expected, meant }: Problem): string {
  return meant === undefined ? expected : `${expected}; did you mean \`${meant}\`?`
}

/** The same as a sentence. */
export function adviceFor(problem: Problem): string {
  const expected = describeExpected(problem)
  return `Expected ${expected}${expected.endsWith('?') ? '' : '.'}`
}

export function describeProblem(problem: Problem, whole = 'The whole'): string {
  const place = placeOf(problem.path)
  return `${place === '' ? whole : `'${place}'`} cannot be ${show(problem.value)}. ${adviceFor(problem)}`
}

/**
 * The error for something that cannot be used.
 * @param what whose it is: `createRunnerMock`
 */
export function problemError(problem: Problem, code: string, what: string): KitError {
  const place = placeOf(problem.path)
  return new KitError(problem.code ?? code, {
    failed: place === '' ? `This cannot be given to ${what}.` : `'${place}' of ${what} cannot be used.`,
    value: show(problem.value),
    fix: adviceFor(problem),
  })
}

/** What is wrong with a name that must be one of those known. */
export function unknownName(value: unknown, known: readonly string[], path: ProblemPlace = []): Problem {
  const expected = `one of ${known.join(', ')}`
  return { path, value, expected, meant: typeof value === 'string' ? nearest(value, known) : undefined }
}

/** Letters to add, remove or change (Levenshtein). */
export function distance(given: string, wanted: string): number {
  let row = Array.from({ length: wanted.length + 1 }, (_, index) => index)
  for (let place = 0; place < given.length; place++) {
    const next = [place + 1]
    for (let column = 0; column < wanted.length; column++) {
      const change = (row[column] ?? 0) + (given[place] === wanted[column] ? 0 : 1)
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The known name that `given` is a misspelling of, however it is cased; undefined when it resembles none. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const letters = distance(plain(given), plain(name))
    // Of two that come as near, the one that is written alike.
    const rank = letters + distance(given.slice(0, MAX_LENGTH), name) / 1000
    // Names that share no letter resemble each other in nothing but length.
    if (rank < least && letters < name.length) {
      best = name
      least = rank
    }
  }
  return best
}

/** What strangers send can be long. */
const MAX_LENGTH = 60

function plain(name: string): string {
  return name.slice(0, MAX_LENGTH).replaceAll(/[_-]/g, '').toLowerCase()
}
