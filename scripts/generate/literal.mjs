// @ts-check
// Prints plain values as TypeScript literals in a fixed layout: one line while it fits, else one member a line.
// Stable bytes for the same value, whatever made it. And the little Markdown that generated documents are made of.

const WIDTH = 120

/**
 * @param {unknown} value Strings, numbers, booleans, null, arrays and plain objects; undefined members are left out.
 * @param {number} [indent] Of the line on which the literal starts.
 * @returns {string}
 */
export function literal(value, indent = 0) {
  const flat = oneLine(value)
  if (flat.length + indent <= WIDTH || typeof value !== 'object' || value === null) return flat
  const pad = ' '.repeat(indent + 2)
  const members = Array.isArray(value)
    ? value.map((item) => literal(item, indent + 2))
    : entriesOf(value).map(([key, member]) => `${keyText(key)}: ${literal(member, indent + 2)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${members.map((member) => `${pad}${member},\n`).join('')}${' '.repeat(indent)}${close}`
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function oneLine(value) {
  if (typeof value === 'string') return stringText(value)
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = entriesOf(value).map(([key, member]) => `${keyText(key)}: ${oneLine(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** @param {object} value */
function entriesOf(value) {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}

/**
 * A member name, quoted only where it must be.
 * @param {string} key
 */
export function keyText(key) {
  return /^[A-Za-z_$][\w$]*$/.test(key) || /^(0|[1-9]\d*)$/.test(key) ? key : stringText(key)
}

/** @param {string} text */
function stringText(text) {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/**
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function table(columns, rows) {
  /** @type {(cells: readonly string[]) => string} */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`
  return `${line(columns)}${line(columns.map(() => '---'))}${rows.map(line).join('')}`
}

/** @param {string} text */
export function code(text) {
  return `\`${text}\``
}
