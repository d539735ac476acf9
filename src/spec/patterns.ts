// Patterns as other regular-expression languages spell them: read Java's into ECMAScript,
// and find out by samples whether two schemas' patterns and lengths accept the same strings.
import { textsOf } from '../kernel/json-value.js'

const shortSamples = [
  '', ' ', '\n', '\t ', 'a', 'A', '0', '7', '_', '-', '.', '/', '+', '=', ':', ',', '@', '"', '{}', 'é', 'ß', '日本', '🙂',
  'ab', 'AB', 'a b', ' a ', ' a', 'a ', 'a\nb', '\na', 'a\n', 'a_b', 'a-b', 'a.b', 'a/b', 'a+b', 'a1', '1a', 'A1', '12', '-1',
  '1.5', 'jobs', 'Jobs', 'bridge', 'abcdefghijklmnop', '0123456789', '2026-07-01', 'a@b.c', 'YWJj', 'YWI=', 'a:b,c', 'a  b',
] // oxfmt-ignore

const longSamples = [
  '0190babc-62a0-71d2-832a-0feffa4676eb', '0190BABC-62A0-71D2-832A-0FEFFA4676EB', '2026-07-01T00:00:00Z', 'https://example.com/a',
  'a'.repeat(43), `${'a'.repeat(43)}=`, '0'.repeat(64), 'a'.repeat(128),
] // oxfmt-ignore

/** Reads a pattern as ECMAScript; undefined for an invalid one. */
export function compilePattern(pattern: string, flags = ''): RegExp | undefined {
  for (const mode of ['u', '']) {
    try {
      return new RegExp(pattern, flags + mode)
    } catch {
      // Not legal in this mode; the next one is laxer.
    }
  }
  return undefined
}

/** Reads a pattern in Java's (or Python's) syntax as ECMAScript; undefined when that can't be done. */
export function translatePattern(pattern: string): RegExp | undefined {
  const asIs = compilePattern(pattern)
  if (asIs !== undefined) return asIs
  const [opening = '', letters = ''] = /^\(\?([a-zA-Z]+)\)/.exec(pattern) ?? []
  if (/[^imsuU]/.test(letters)) return undefined
  const flags = [...new Set(letters)].filter((letter) => 'ims'.includes(letter)).join('')
  return compilePattern(translateBody(pattern.slice(opening.length)), flags)
}

type Rules = ReadonlyMap<string, unknown>

/**
 * Tries samples on both sides' patterns and lengths, by their keywords. Only what accepts some and refuses others, and
 * the same ones, is no more than a note.
 */
export function comparePatterns(ours: Rules, theirs: Rules): { severity?: 'note'; remark: string } {
  const [our, their] = [acceptorOf(ours), acceptorOf(theirs)]
  if (our === undefined || their === undefined) {
    const side = our === undefined ? 'ours' : 'theirs'
    return { remark: `${side} can't be read as an ECMAScript pattern; compare them by eye` }
  }
  const isRisky = [ours, theirs].flatMap(patternsIn).some((pattern) => /[+*}][^()]*\)[+*{]/.test(pattern))
  const samples = isRisky ? shortSamples : [...shortSamples, ...longSamples]
  const odd = samples.find((sample) => our(sample) !== their(sample))
  if (odd !== undefined) return { remark: `${our(odd) ? 'ours' : 'theirs'} alone accepts ${JSON.stringify(odd)}` }
  return new Set(samples.map(our)).size === 2
    ? { severity: 'note', remark: 'spelled differently; the samples tried are accepted and refused alike' }
    : { remark: 'no sample tells accepted from refused strings; compare them by eye' }
}

const patternsIn = (rules: Rules): readonly string[] => textsOf(rules.get('pattern'))

function acceptorOf(rules: Rules): ((text: string) => boolean) | undefined {
  const patterns = patternsIn(rules).map(translatePattern)
  if (patterns.includes(undefined)) return undefined
  const [least, most] = [Number(rules.get('minLength') ?? 0), Number(rules.get('maxLength') ?? Infinity)]
  return (text) => {
    const { length } = Array.from(text)
    return length >= least && length <= most && patterns.every((pattern) => pattern?.test(text))
  }
}

/** Escapes come first in the search, so that an escaped character is never taken for syntax. */
function translateBody(body: string): string {
  return body.replace(
    /\\Q([\s\S]*?)(?:\\E|$)|\\([AzZ])|\\[\s\S]|([+*?}])\+|\(\?>/g,
    (found, quoted?: string, anchor?: string, quantifier?: string) => {
      if (quoted !== undefined) return quoted.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
      if (anchor !== undefined) return anchor === 'A' ? '^' : '$'
      return quantifier ?? (found === '(?>' ? '(?:' : found)
    },
  )
}
