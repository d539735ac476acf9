/** The names that a prompt's template asks for, by the language it is written in. */

/** Each name once. A section, a comment or a partial asks for none; jinja2 templates are not read. */
export function variablesOf(template: string, type: unknown): string[] {
  if (type === 'jinja2') return []
  const names =
    type === 'python'
      ? Array.from(template.matchAll(PYTHON), ([, name = '']) => name)
      : Array.from(template.matchAll(MUSTACHE), ([, raw, tag = '']) => nameIn(raw ?? tag))
  return [...new Set(names.filter((name) => name !== ''))]
}

/** `{name}`; doubled braces stand for braces. */
const PYTHON = /(?<!\{)(?:\{\{)*\{([A-Za-z_]\w*)[^{}]*\}/g

/** `{{{raw}}}` and `{{tag}}`. */
const MUSTACHE = /\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}/g

function nameIn(tag: string): string {
  const text = tag.trim()
  if (/^[#^/!>=]/.test(text)) return ''
  return text.startsWith('&') ? text.slice(1).trim() : text
}
