/** The form for a job, made from the parameters that an agent declares: which field each gets, and what it means as JSON. */
import type { RegisteredAgent } from '../../kernel/types.js'

type Param = NonNullable<RegisteredAgent['params']>[number]

type FieldKind = 'text' | 'number' | 'whole' | 'flag' | 'json'

/** The kind for a type in the words of whatever language the agent is written in. */
export function kindOf({ type }: Param): FieldKind {
  const plain = type.toLowerCase().replace(/\s*\|\s*(none|null|undefined)$|^optional\[(.*)\]$/g, '$2')
  if (/^(str|string|text)$/.test(plain)) return 'text'
  if (/^(int|integer|long)$/.test(plain)) return 'whole'
  if (/^(float|double|number|decimal)$/.test(plain)) return 'number'
  if (/^bool(ean)?$/.test(plain)) return 'flag'
  return 'json'
}

export function isRequired({ presence }: Param): boolean {
  return presence !== 'optional'
}

/** What is wrong with a field, or its value; neither for one that was left empty and may be. */
export interface Reading {
  readonly value?: unknown
  readonly problem?: string
}

const readers: Readonly<Record<FieldKind, (text: string) => Reading>> = {
  text: (value) => ({ value }),
  flag: (text) => ({ value: text === 'true' }),
  number: readNumber,
  whole: (text) => (Number.isInteger(Number(text)) ? readNumber(text) : { problem: 'A whole number, please.' }),
  json: readJson,
}

function readField(param: Param, text: string): Reading {
  if (text !== '') return readers[kindOf(param)](text)
  return isRequired(param) ? { problem: 'Needed.' } : {}
}

function readNumber(text: string): Reading {
  const value = Number(text)
  return Number.isFinite(value) ? { value } : { problem: 'A number, please.' }
}

/** Reads JSON; invalid JSON counts as a text when it looks like one. */
export function readJson(text: string): Reading {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return /^[[{"]/.test(text.trim()) ? { problem: 'This is no JSON.' } : { value: text }
  }
}

export function readInputs(
  params: readonly Param[],
  texts: Readonly<Record<string, string>>,
): { inputs: Record<string, unknown>; problems: Record<string, string> } {
  const inputs: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const param of params) {
    const { value, problem } = readField(param, texts[param.name] ?? '')
    if (problem !== undefined) problems[param.name] = problem
    else if (value !== undefined) inputs[param.name] = value
  }
  return { inputs, problems }
}
