/**
 * Tests lines against a regular expression that a stranger has sent, without backtracking without end: a pattern that
 * could is run as an automaton, whose time grows with the line alone. The others are left to the platform.
 */
import { CommandError } from './command-error.js'
import { readPattern, UnreadablePattern, type Part } from './pattern-parts.js'

/** Whether a line has a match. */
export type LineMatcher = (line: string) => boolean

const LONGEST_PATTERN = 500
/** Steps of an automaton; counted repetitions multiply them. */
const LARGEST_PROGRAM = 5000
/** Repetitions beyond this are as bad as any number. */
const FEW = 10

/**
 * Makes a matcher of a JavaScript regular expression; `(?i)` in front of it ignores case.
 * @throws CommandError `search_failed` for what is none, or what cannot be matched in a bounded time
 */
export function createLineMatcher(pattern: string): LineMatcher {
  if (pattern === '' || pattern.length > LONGEST_PATTERN) {
    throw new CommandError('search_failed', `A pattern has 1 to ${LONGEST_PATTERN} characters.`)
  }
  // The only flag that other engines write into a pattern and that people use.
  const ignoresCase = pattern.startsWith('(?i)')
  const source = ignoresCase ? pattern.slice(4) : pattern
  const flags = ignoresCase ? 'i' : ''
  const expression = toExpression(source, flags)
  try {
    const whole = readPattern(source)
    return isHarmless(whole) ? (line) => expression.test(line) : runProgram(compile(whole, flags))
  } catch (error) {
    if (!(error instanceof UnreadablePattern)) throw error
    if (!/[*+{]/.test(source)) return (line) => expression.test(line)
    throw new CommandError('search_failed', `'${pattern}' joins ${error.message} with repetition, which may never end.`)
  }
}

function toExpression(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    throw new CommandError('search_failed', `'${source}' is no regular expression.`)
  }
}

/** With one long repetition of single characters at most, backtracking costs no more than the line's length squared. */
function isHarmless(whole: Part): boolean {
  let long = 0
  const visit = (part: Part, isRepeated: boolean): boolean => {
    switch (part.kind) {
      case 'sequence':
        return part.parts.every((each) => visit(each, isRepeated))
      case 'choice':
        return !isRepeated && part.options.every((each) => visit(each, isRepeated))
      case 'repeat':
        if (part.most > FEW) long++
        return !isRepeated && visit(part.part, true)
      default:
        return true
    }
  }
  return visit(whole, false) && long <= 1
}

/** One step of an automaton. */
type Step =
  | { readonly kind: 'character'; readonly accepts: (code: number) => boolean }
  | { readonly kind: 'assertion'; readonly holds: (line: string, at: number) => boolean }
  | { readonly kind: 'fork'; targets: number[] }
  | { readonly kind: 'match' }

function compile(whole: Part, flags: string): readonly Step[] {
  const program: Step[] = []
  const add = (step: Step): void => {
    if (program.length >= LARGEST_PROGRAM) {
      throw new CommandError('search_failed', 'The repetitions in the pattern add up to too much.')
    }
    program.push(step)
  }
  const fork = (...targets: number[]): { targets: number[] } => {
    const step = { kind: 'fork' as const, targets }
    add(step)
    return step
  }
  const emit = (part: Part): void => {
    switch (part.kind) {
      case 'atom':
        return add({ kind: 'character', accepts: characterTest(part.source, flags) })
      case 'assertion':
        return add({ kind: 'assertion', holds: assertions[part.source] })
      case 'sequence':
        return part.parts.forEach(emit)
      case 'choice': {
        const start = fork()
        const ends = part.options.map((option) => {
          start.targets.push(program.length)
          emit(option)
          return fork()
        })
        for (const end of ends) end.targets.push(program.length)
        return undefined
      }
      case 'repeat':
        return emitRepeat(part.part, part.least, part.most)
    }
  }
  const emitRepeat = (part: Part, least: number, most: number): void => {
    for (let count = 0; count < least; count++) emit(part)
    if (most === Infinity) {
      const start = program.length
      const entry = fork(start + 1)
      emit(part)
      fork(start)
      entry.targets.push(program.length)
      return
    }
    const exits = []
    for (let count = least; count < most; count++) {
      exits.push(fork(program.length + 1))
      emit(part)
    }
    for (const exit of exits) exit.targets.push(program.length)
  }
  emit(whole)
  add({ kind: 'match' })
  return program
}

/** The platform knows what a class or an escape means; it is asked once for each character that occurs. */
function characterTest(source: string, flags: string): (code: number) => boolean {
  const expression = new RegExp(`^(?:${source})$`, flags)
  const known = new Map<number, boolean>()
  return (code) => {
    const before = known.get(code)
    if (before !== undefined) return before
    const accepts = expression.test(String.fromCharCode(code))
    known.set(code, accepts)
    return accepts
  }
}

const isWord = (line: string, at: number): boolean => /\w/.test(line.charAt(at))
const isEdge = (line: string, at: number): boolean => isWord(line, at - 1) !== isWord(line, at)

const assertions = {
  '^': (_: string, at: number): boolean => at === 0,
  $: (line: string, at: number): boolean => at === line.length,
  '\\b': isEdge,
  '\\B': (line: string, at: number): boolean => !isEdge(line, at),
}

/** A step that reads the next character, and the one after it. */
interface Entered {
  readonly step: Extract<Step, { kind: 'character' }>
  readonly next: number
}

/** Follows all ways through the program at once, so each step is looked at once for each character. */
function runProgram(program: readonly Step[]): LineMatcher {
  const seen = new Int32Array(program.length)
  let round = 0
  return (line) => {
    let entered: Entered[] = []
    /** Goes on from a step to all that read a character; true when the end of the pattern is reached. */
    const reach = (first: number, at: number, into: Entered[]): boolean => {
      const open = [first]
      for (let place = open.pop(); place !== undefined; place = open.pop()) {
        const step = program[place]
        if (step === undefined || seen[place] === round) continue
        seen[place] = round
        if (step.kind === 'match') return true
        if (step.kind === 'character') into.push({ step, next: place + 1 })
        else if (step.kind === 'fork') open.push(...step.targets)
        else if (step.holds(line, at)) open.push(place + 1)
      }
      return false
    }
    for (let at = 0; at <= line.length; at++) {
      const reached: Entered[] = []
      round++
      const code = at === 0 ? 0 : line.charCodeAt(at - 1)
      for (const { step, next } of entered) if (step.accepts(code) && reach(next, at, reached)) return true
      // A match may begin anywhere.
      if (reach(0, at, reached)) return true
      entered = reached
    }
    return false
  }
}
