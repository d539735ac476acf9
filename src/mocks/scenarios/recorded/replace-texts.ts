// Puts words of the fixtures in the place of those of others: as long, in the same case, each the same everywhere, so that
// the form of a text stays, its lines, paths and lists. Ids, times, numbers and the words of the API stay as they are.
import { vocabulary } from '../../../fixtures/base/vocabulary.js'
import { createRandom, hashText, UUID } from '../../../kernel/id-source.js'

export interface Texts {
  /** A name of its kind, which stays different from all others. */
  name: (kind: string, name: string) => string
  /** A key of objects, which is no word of the API. */
  key: (key: string) => string
  json: (value: unknown) => unknown
}

export const verbatim: Texts = { name: (_kind, name) => name, key: (key) => key, json: (value) => value }

export function createReplacement(): Texts {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const name = (kind: string, original: string): string => {
    const known = names.get(`${kind}\n${original}`)
    if (known !== undefined) return known
    const isTaken = (each: string): boolean => taken.has(`${kind}\n${each.toLowerCase()}`)
    let found = replace(original, 0)
    for (let salt = 1; isTaken(found); salt++)
      found = salt < TRIES ? replace(original, salt) : `${replace(original, 0)} ${salt}`
    taken.add(`${kind}\n${found.toLowerCase()}`)
    names.set(`${kind}\n${original}`, found)
    return found
  }
  const key = (original: string): string => (KEPT_KEYS.has(original) ? original : name('key', original))
  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return KEPT_VALUES.has(value) ? value : replace(value, 0)
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([each, member]) => [key(each), json(member)]))
  }
  return { name, key, json }
}

/** So many words are tried for a name; then it gets a number. */
const TRIES = 20

/** An id, a time, or a word; signs between them stay. */
const PARTS = new RegExp(String.raw`${UUID}|\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})|[\p{L}\p{M}\p{N}]+`, 'giu')
const KEPT_PART = /^(?:[\da-f]{8}-.{27}|\d{4}-\d{2}-\d{2}T.*)$/is
/** Shorter words of letters that everybody uses say nothing. */
const SHORT = /^[ -~]{1,3}$/

function replace(text: string, salt: number): string {
  return text.replace(PARTS, (part) => (KEPT_PART.test(part) || SHORT.test(part) ? part : replaceWord(part, salt)))
}

function replaceWord(word: string, salt: number): string {
  const random = createRandom(hashText(`${salt} ${word.toLowerCase()}`))
  const made = /^\d+$/.test(word)
    ? Array.from(word, () => random.below(9) + 1).join('')
    : letters(word.length, salt > 0, (most) => random.below(most))
  if (made.toLowerCase() === word.toLowerCase()) return replaceWord(word, salt + TRIES)
  if (word === word.toUpperCase() && word !== word.toLowerCase()) return made.toUpperCase()
  const [first = ''] = word
  return first === first.toLowerCase() ? made : `${made.charAt(0).toUpperCase()}${made.slice(1)}`
}

/** A word that is as long; else, and where there must be more to choose from, words one after another, the last one cut. */
function letters(length: number, isMade: boolean, below: (most: number) => number): string {
  const fitting = isMade ? [] : words.filter((word) => word.length === length)
  const exact = fitting[below(Math.max(fitting.length, 1))]
  if (exact !== undefined) return exact
  let made = ''
  while (made.length < length) made += words[below(words.length)] ?? ''
  return made.slice(0, length)
}

const words: readonly string[] = [
  ...[vocabulary.word?.noun, vocabulary.word?.adjective, vocabulary.hacker?.noun, vocabulary.hacker?.verb],
  ...[vocabulary.hacker?.adjective, vocabulary.hacker?.ingverb],
].flatMap((list) => list ?? [])

const list = (text: string): string[] => text.split(' ')

/** Keys of JSON that clients of runners read: of commands and their results, of checklists, messages and traces. */
export const KEPT_KEYS: ReadonlySet<string> = new Set([
  ...list('path offset limit content total_lines truncated encoding bytes_written created diff edits old_string'),
  ...list('new_string edits_applied fuzzy_match_used syntax_check pattern depth files total glob matches file'),
  ...list('line context_before context_after total_matches command timeout background stdout stderr exit_code pid'),
  ...list('status log_file initial_output code message _hmac child_status last_crash prompts configuration'),
  ...list('agent_configuration runner_type platform project_root python_executable file_tree instrumentation'),
  ...list('instrumentation_matches tracing entrypoint inputs result error messages role type text name input'),
  ...list('output metadata usage model provider tools arguments'),
])

/** Values that say something by themselves. */
export const KEPT_VALUES: ReadonlySet<string> = new Set([
  ...list('pending running picked_up completed failed cancelled timed_out connected disconnected exited user'),
  ...list('assistant system tool function stdout stderr utf-8 python typescript javascript true false null'),
  ...list('path_traversal file_not_found binary_file match_not_found match_ambiguous edits_overlap no_change'),
  ...list('permission_denied limit_reached not_supported blocked invalid_command timeout search_failed'),
  ...list('not_a_git_repository git_not_available auth_failed unknown_type internal endpoint connect linux darwin'),
  ...list('win32 string integer float boolean object array number str int bool list dict any'),
])
