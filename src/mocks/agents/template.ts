/**
 * Placeholders in scripted texts and results: `{{inputs.city}}`, `{{job.id}}`. They are looked up, never evaluated:
 * a path of member names into what the job brought, and nothing else.
 */

/** What placeholders may name. */
export interface TemplateValues {
  inputs: unknown
  job: unknown
}

const PLACEHOLDER = /\{\{\s*((?:inputs|job)(?:\.[\w-]+)*)\s*\}\}/g
const NOTHING_ELSE = new RegExp(`^${PLACEHOLDER.source}$`)

/**
 * Fills every string in a JSON value. A string that is one placeholder becomes the value itself, with its type (null
 * when there is none); inside other text a value is written out, as JSON unless it is a string.
 */
export function fillTemplate(template: unknown, values: TemplateValues): unknown {
  if (typeof template === 'string') {
    const path = NOTHING_ELSE.exec(template)?.[1]
    return path === undefined ? fillText(template, values) : (lookUp(path, values) ?? null)
  }
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, values))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillTemplate(value, values)]))
}

/** Fills a text. */
export function fillText(text: string, values: TemplateValues): string {
  return text.replace(PLACEHOLDER, (_, path: string) => {
    const value = lookUp(path, values)
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  })
}

function lookUp(path: string, values: TemplateValues): unknown {
  let value: unknown = values
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
