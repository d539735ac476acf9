/**
 * Reads the structure of a regular expression that the platform has accepted: atoms, groups, alternatives, quantifiers.
 * What a single character must be is left as source text, for the platform to judge.
 */

/** A part of a pattern. */
export type Part =
  | { readonly kind: 'atom'; readonly source: string }
  | { readonly kind: 'assertion'; readonly source: '^' | '$' | '\\b' | '\\B' }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly options: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number }

/** Thrown for look-around and back references, which only a backtracking matcher can follow. */
export class UnreadablePattern extends Error {}

/** @throws UnreadablePattern */
export function readPattern(pattern: string): Part {
  const reader: Reader = { pattern, place: 0 }
  const part = readChoice(reader)
  if (reader.place < pattern.length) throw new UnreadablePattern('an unbalanced parenthesis')
  return part
}

interface Reader {
  readonly pattern: string
  place: number
}

function readChoice(reader: Reader): Part {
  const options = [readSequence(reader)]
  while (take(reader, /\|/y) !== undefined) options.push(readSequence(reader))
  const [only] = options
  return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
}

function readSequence(reader: Reader): Part {
  const parts: Part[] = []
  while (reader.place < reader.pattern.length && !/[|)]/.test(reader.pattern[reader.place] ?? '')) {
    parts.push(readRepeat(reader))
  }
  return { kind: 'sequence', parts }
}

function readRepeat(reader: Reader): Part {
  const part = readPart(reader)
  const quantifier = take(reader, /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y)
  if (quantifier === undefined) return part
  const [, least = '', comma = '', most = ''] = /\{(\d+)(,?)(\d*)\}/.exec(quantifier) ?? []
  if (least !== '') {
    const upTo = comma === '' ? Number(least) : most === '' ? Infinity : Number(most)
    return { kind: 'repeat', part, least: Number(least), most: upTo }
  }
  return { kind: 'repeat', part, least: quantifier.startsWith('+') ? 1 : 0, most: quantifier[0] === '?' ? 1 : Infinity }
}

function readPart(reader: Reader): Part {
  const group = take(reader, /\((?:\?:|\?<[^=!>]+>)?/y)
  if (group !== undefined) {
    if (reader.pattern[reader.place] === '?') throw new UnreadablePattern('look-around')
    const part = readChoice(reader)
    if (take(reader, /\)/y) === undefined) throw new UnreadablePattern('an unbalanced parenthesis')
    return part
  }
  const assertion = take(reader, /[$^]|\\[bB]/y)
  if (isAssertion(assertion)) return { kind: 'assertion', source: assertion }
  if (take(reader, /\\[1-9k]/y) !== undefined) throw new UnreadablePattern('a back reference')
  const atom = take(reader, /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[a-zA-Z]|[^])|\[\^?(?:\\[^]|[^\]\\])*\]|[^]/y)
  return { kind: 'atom', source: atom ?? '' }
}

function isAssertion(text: string | undefined): text is '^' | '$' | '\\b' | '\\B' {
  return text !== undefined
}

function take(reader: Reader, sticky: RegExp): string | undefined {
  sticky.lastIndex = reader.place
  const [found] = sticky.exec(reader.pattern) ?? []
  reader.place += found?.length ?? 0
  return found
}
