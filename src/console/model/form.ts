/** A form as data: its fields, what stands in them, and what that means as JSON; with the fields for an agent's parameters. */
import { parseJson } from '../../kernel/json-text.js'
import type { JsonObject } from '../../kernel/json-value.js'
import type { RegisteredAgent } from '../../kernel/types.js'

type FieldKind = 'text' | 'secret' | 'number' | 'whole' | 'flag' | 'json'

/** Values and what they are called, if anything else. */
export type Options = readonly (string | readonly [value: string, words: string])[]

export interface FormField {
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  /** What its text means. Default: the text; a flag without options is a box to check. */
  readonly kind?: FieldKind
  readonly isRequired?: boolean
  /** What can be chosen; any text can be written without it. */
  readonly options?: Options
  /** Lines to write in. Default: one. */
  readonly rows?: number
  /** What stands in it at first. Default: the first option, or nothing. */
  readonly initial?: string | undefined
}

/** Rows of fields that stand beside each other, and notes. */
export type FormLayout = readonly (FormField | readonly FormField[] | string)[]

/** What was filled in so far, by name. */
export type FormTexts = Readonly<Record<string, string>>

export function textIn({ name, initial, options }: FormField, texts: FormTexts): string {
  return texts[name] ?? initial ?? [options?.[0] ?? ''].flat()[0] ?? ''
}

/** What the fields mean, but for those that are empty or wrong. */
export function readForm(fields: readonly FormField[], texts: FormTexts): JsonObject {
  const filled = fields.map((field) => [field, textIn(field, texts)] as const)
  const right = filled.filter(([field, text]) => text !== '' && flawIn(field, text) === '')
  return Object.fromEntries(right.map(([{ name, kind = 'text' }, text]) => [name, readers[kind](text)]))
}

const readers: Readonly<Record<FieldKind, (text: string) => unknown>> = {
  text: (text) => text,
  secret: (text) => text,
  flag: (text) => text === 'true',
  number: Number,
  whole: Number,
  /** What is not JSON counts as a text, unless it looks like JSON. */
  json: (text) => {
    const value = parseJson(text)
    return value === undefined ? text : value
  },
}

/** What is wrong with a text that is not empty; '' when nothing is. */
export function flawIn({ kind }: Pick<FormField, 'kind'>, text: string): string {
  if (kind === 'number' && !Number.isFinite(Number(text))) return 'A number, please.'
  if (kind === 'whole' && !Number.isInteger(Number(text))) return 'A whole number, please.'
  return kind === 'json' && parseJson(text) === undefined && /^\s*[[{"]/.test(text) ? 'This is no JSON.' : ''
}

/** The field for a parameter, named as it is. */
export function fieldOf({ name, type, presence }: NonNullable<RegisteredAgent['params']>[number]): FormField {
  const isRequired = presence !== 'optional'
  const kind = kindOf(type)
  const options = [['', isRequired ? 'choose' : 'not given'], 'true', 'false'] as const
  return {
    ...{ name, label: name, kind, isRequired, hint: isRequired ? type : `${type}, optional` },
    ...(kind === 'json' ? { rows: 3 } : kind === 'flag' ? { options } : {}),
  }
}

/** The kind for a type in the words of whatever language the agent is written in. */
function kindOf(type: string): FieldKind {
  const plain = type.toLowerCase().replace(/\s*\|\s*(none|null|undefined)$|^optional\[(.*)\]$/g, '$2')
  if (/^(str|string|text)$/.test(plain)) return 'text'
  if (/^(int|integer|long)$/.test(plain)) return 'whole'
  if (/^(float|double|number|decimal)$/.test(plain)) return 'number'
  if (/^bool(ean)?$/.test(plain)) return 'flag'
  return 'json'
}
