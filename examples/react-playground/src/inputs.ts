import type { Param } from 'opik-runner-kit'

export type FieldKind = 'text' | 'integer' | 'number' | 'boolean' | 'json'

/** Agents name their types in the words of their own language: `str` in Python is `string` in TypeScript. */
export function kindOf({ type }: Param): FieldKind {
  if (/^(str|string)$/i.test(type)) return 'text'
  if (/^(int|integer)$/i.test(type)) return 'integer'
  if (/^(float|double|number)$/i.test(type)) return 'number'
  if (/^bool(ean)?$/i.test(type)) return 'boolean'
  return 'json'
}

/** `presence` may be missing; only what says so is optional. */
export function isRequired({ presence }: Param): boolean {
  return presence !== 'optional'
}

/** What a filled form sends: each value in the type of its param, and nothing for what was left empty. */
export function toInputs(params: readonly Param[], form: FormData): Record<string, unknown> {
  const filled = params.flatMap((param) => {
    const text = form.get(param.name)
    return typeof text === 'string' && text !== '' ? [[param.name, parse(param, text)]] : []
  })
  return Object.fromEntries(filled)
}

function parse(param: Param, text: string): unknown {
  const kind = kindOf(param)
  return kind === 'text' ? text : JSON.parse(text)
}

/** Why a text is no value for a param; '' when it is one. In the form of `setCustomValidity`. */
export function problemWith(param: Param, text: string): string {
  if (kindOf(param) !== 'json' || text === '') return ''
  try {
    JSON.parse(text)
    return ''
  } catch {
    return 'Enter JSON, such as ["a", 1] or {"key": "value"}.'
  }
}
