// Patterns in the syntax of Java, Python or ECMAScript: read by an engine that always comes to an end, and compared by
// samples, whether two schemas' patterns and lengths accept the same strings.
import { RE2JS } from 're2js'
import { textsOf } from '../kernel/json-value.js'

const samples = [
  '', ' ', '\n', '\t ', 'a', 'A', '0', '7', '_', '-', '.', '/', '+', '=', ':', ',', '@', '"', '{}', 'é', 'ß', '日本', '🙂',
  'ab', 'AB', 'a b', ' a ', ' a', 'a ', 'a\nb', '\na', 'a\n', 'a_b', 'a-b', 'a.b', 'a/b', 'a+b', 'a1', '1a', 'A1', '12', '-1',
  '1.5', 'jobs', 'Jobs', 'bridge', 'abcdefghijklmnop', '0123456789', '2026-07-01', 'a@b.c', 'YWJj', 'YWI=', 'a:b,c', 'a  b',
  '0190babc-62a0-71d2-832a-0feffa4676eb', '0190BABC-62A0-71D2-832A-0FEFFA4676EB', '2026-07-01T00:00:00Z', 'https://example.com/a',
  'a'.repeat(43), `${'a'.repeat(43)}=`, '0'.repeat(64), 'a'.repeat(128),
] // oxfmt-ignore

/** Whether a text has something that a pattern matches; undefined for a pattern that can't be read. */
export function matcherOf(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matcher(text).find()
  } catch {
    return undefined
  }
}

type Rules = ReadonlyMap<string, unknown>

/**
 * Tries samples on both sides' patterns and lengths, by their keywords. Only what accepts some and refuses others, and
 * the same ones, is no more than a note.
 */
export function comparePatterns(ours: Rules, theirs: Rules): { severity?: 'note'; remark: string } {
  const [our, their] = [acceptorOf(ours), acceptorOf(theirs)]
  if (our === undefined || their === undefined)
    return { remark: `the pattern of ${our === undefined ? 'ours' : 'theirs'} can't be read; compare them by eye` }
  const odd = samples.find((sample) => our(sample) !== their(sample))
  if (odd !== undefined) return { remark: `${our(odd) ? 'ours' : 'theirs'} alone accepts ${JSON.stringify(odd)}` }
  return new Set(samples.map(our)).size === 2
    ? { severity: 'note', remark: 'spelled differently; the samples tried are accepted and refused alike' }
    : { remark: 'no sample tells accepted from refused strings; compare them by eye' }
}

function acceptorOf(rules: Rules): ((text: string) => boolean) | undefined {
  const matchers = textsOf(rules.get('pattern')).map(matcherOf)
  if (matchers.includes(undefined)) return undefined
  const [least, most] = [Number(rules.get('minLength') ?? 0), Number(rules.get('maxLength') ?? Infinity)]
  return (text) => {
    const { length } = Array.from(text)
    return length >= least && length <= most && matchers.every((matches) => matches?.(text))
  }
}
