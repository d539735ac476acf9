/** What the form of a scenario takes of what was recorded: members that it knows and values that fit, with other texts. */
import { EnvironmentName } from '../../../generated/kit-later.js'
import { isObject } from '../../../kernel/json-value.js'
import { hasForm, type OptionSchema } from '../../../kernel/validate-options.js'
import { FIRST_ENVIRONMENTS } from '../../computed/named-environment.js'
import type { Texts } from './replace-texts.js'

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
