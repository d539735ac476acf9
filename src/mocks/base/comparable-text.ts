/** Texts as the API compares names: without case and accents. */

/** Two texts are the same name when this makes them equal. */
export function comparableText(text: string): string {
  const plain = ASCII.test(text) ? text : text.normalize('NFD').replaceAll(MARKS, '')
  return plain.toLowerCase()
}

const ASCII = /^[\0-\x7F]*$/
const MARKS = /\p{M}/gu

export function isSameName(one: unknown, other: string): boolean {
  return comparableText(String(one)) === comparableText(other)
}
