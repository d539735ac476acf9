/** Text in XML. */
import { escapeMarkup } from '../../kernel/printable.js'

/** Attributes of an element, escaped. */
export function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value))}"`)
    .join(' ')
}
