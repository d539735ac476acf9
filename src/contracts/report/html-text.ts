/** Text in HTML. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
}

/** Escaped text, with a chance to break after separators of long names. */
export function breakable(text: string): string {
  return escapeHtml(text).replaceAll(/([/_.-])/g, '$1<wbr>')
}
