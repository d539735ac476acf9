/** The texts of what was recorded: others in their place, and what the form of a scenario takes. */
import { EnvironmentName } from '../../../generated/kit-later.js'
import { isObject } from '../../../kernel/json-value.js'
import { hasForm, type OptionSchema } from '../../../kernel/validate-options.js'
import { FIRST_ENVIRONMENTS } from '../../computed/named-environment.js'
import { vocabulary } from '../../../fixtures/base/vocabulary.js'
import { createRandom, hashText, UUID } from '../../../kernel/id-source.js'

export interface FormTaker {
  readonly texts: Texts
  /** Counts what is not as it was. */
  note: (what: string) => void
}

/** Members that are names of a kind, which stay different from all others, by the list that they stand in. */
const KINDS: Readonly<Record<string, string>> = {
  'runners.name': 'runner',
  'jobs.agent': 'agent',
  'jobs.blueprint_name': 'environment',
  'blueprints.envs': 'environment',
  'traces.name': 'name',
  'traces.thread_id': 'thread',
  'spans.name': 'name',
  'spans.inside': 'name',
  'prompts.name': 'prompt',
  'prompts.tags': 'tag',
  'versions.tags': 'tag',
}

const KEYS: readonly string[] = ['params.name', 'values.key']
/** Those that this scenario has from elsewhere. */
const CHOSEN: readonly string[] = ['project', 'workspace', 'api_key']

/** undefined for a value that does not fit, and for one that lacks what it needs. */
export function takeBy(form: OptionSchema, value: unknown, taker: FormTaker, list = '', member = ''): unknown {
  const { anyOf, items, properties, additionalProperties: others } = form
  if (anyOf !== undefined) {
    const [first] = anyOf.map((each) => takeBy(each, value, taker, list, member)).filter((each) => each !== undefined)
    return first
  }
  if (typeof value === 'string' && form.type === 'string') return takeText(form, value, taker.texts, list, member)
  if (Array.isArray(value) && items !== undefined) {
    const inner = items.properties === undefined ? list : member
    const taken = value.map((item) => takeBy(items, item, taker, inner, member)).filter((item) => item !== undefined)
    if (taken.length < value.length) taker.note(`${member} left out, of which only a part is known`)
    // Only agents say that they have none.
    return taken.length === 0 && member !== 'params' ? undefined : taken
  }
  if (isObject(value) && (properties !== undefined || typeof others === 'object')) {
    const taken = Object.entries(value).flatMap(([key, each]) => {
      const known = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
      const inner = known ?? (typeof others === 'object' ? others : undefined)
      const made = inner && takeBy(inner, each, taker, list, key)
      const name = member === 'agents' && known === undefined ? taker.texts.name('agent', key) : key
      return made === undefined ? [] : [[name, made] as const]
    })
    const made = Object.fromEntries(taken)
    return hasForm(form, made) ? made : undefined
  }
  const made = typeof value === 'number' ? Math.min(value, form.maximum ?? Infinity) : taker.texts.json(value)
  return made !== undefined && hasForm(form, made) ? made : undefined
}

function takeText(form: OptionSchema, text: string, texts: Texts, list: string, member: string): string | undefined {
  const { maxLength } = form
  const made = replaced(form, text, texts, list, member).slice(0, maxLength)
  return hasForm(form, text.slice(0, maxLength)) ? made : undefined
}

function replaced(form: OptionSchema, text: string, texts: Texts, list: string, member: string): string {
  const place = `${list}.${member}`
  const isNumber = place === 'values.value' && text.trim() !== '' && Number.isFinite(Number(text))
  const isFree = form.enum === undefined && form.format === undefined && (form.pattern ?? NOT_BLANK) === NOT_BLANK
  const isUsual = FIRST_ENVIRONMENTS.some(({ name }) => name === text)
  if (form === EnvironmentName) return isUsual ? text : texts.name('deployment', text).replaceAll(/[^\w-]/g, '_')
  if (!isFree || isNumber || CHOSEN.includes(member)) return text
  if (KEYS.includes(place)) return texts.key(text)
  const kind = KINDS[place]
  return kind === undefined ? String(texts.json(text)) : texts.name(kind, text)
}

const NOT_BLANK = '\\S'

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
