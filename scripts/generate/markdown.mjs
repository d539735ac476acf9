// @ts-check
// The little Markdown that generated documents are made of.

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
