/** Text in XML. */

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Attributes of an element, escaped. */
export function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(' ')
}

/** Escapes text for XML; characters that XML cannot hold are replaced. */
export function escapeXml(text: string): string {
  const legal = Array.from(text, (char) => (isXmlCharacter(char.codePointAt(0) ?? 0) ? char : '\uFFFD')).join('')
  return legal.replaceAll(/[&<>"\n]/g, (char) => XML_ESCAPES[char] ?? char)
}

function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return (code < 0xd800 || code > 0xdfff) && code !== 0xfffe && code !== 0xffff
}
