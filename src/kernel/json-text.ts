// JSON as text that keeps its numbers. A value is always plain; where the text of a number says more than the number
// (`1.0`, twenty digits, `-0.0`, `1e400`), it is remembered beside the object or array that holds it, until the value is
// written again. Copies made by other hands than `copyJson` and `keepSpelling` know plain numbers only.
//
// And how deep data of others may nest: what goes into its members by calling itself runs out of stack on more, and a
// process that is out of stack may end at any regular expression; so depth is looked at first, without calls.

/** Texts of numbers by the key under which they stand in a holder. */
const spellings = new WeakMap<object, Map<string, string>>()
/** Objects and arrays that hold such a number, at any depth. */
const holders = new WeakSet()
let isAnySpelled = false
const sizes = new WeakMap<object, number>()

/**
 * Nothing else can be a number that JSON.parse and JSON.stringify would change: an exponent, sixteen digits, a zero at the
 * end of a fraction, six at its beginning, minus zero, a word of Python's. Text in strings may look like one.
 */
const SUSPICIOUS =
  /(?:^|[:,[\s])(?:-?(?:\d+(?:\.\d+)?[eE]|\d[\d.]{15}|\d+\.\d*0(?=[\s,\]}]|$)|0\.0{6}|Infinity)|-0(?![.\d])|NaN)/

/**
 * Reads JSON and remembers how its numbers were written, for `signBridge` and `verifyBridge`. `NaN`,
 * `Infinity` and `-Infinity`, which Python writes, are read as strings.
 * @throws SyntaxError for what is no JSON
 */
export function readJson(text: string): unknown {
  return SUSPICIOUS.test(text) ? readLossless(text) : JSON.parse(text)
}

export function writeJson(value: unknown): string {
  return isAnySpelled && isHolder(value, MAX_STORED_DEPTH) ? write(value) : JSON.stringify(value)
}

/**
 * How far below the root of a written document the JSON of callers begins: in a snapshot at
 * `world.spans.default[0].input`.
 */
const MAX_STORED_DEPTH = 6

function isHolder(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (holders.has(value)) return true
  return depth > 0 && Object.values(value).some((member) => isHolder(member, depth - 1))
}

function write(value: unknown): string {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return JSON.stringify(value)
  if (Array.isArray(value)) {
    return `[${value.map((item: unknown, place) => spellingOf(value, String(place)) ?? write(item ?? null)).join(',')}]`
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function')
  const texts = members.map(([key, member]) => `${JSON.stringify(key)}:${spellingOf(value, key) ?? write(member)}`)
  return `{${texts.join(',')}}`
}

/** How the number under `key` was written, where that says more than the number; undefined once it is another one. */
export function spellingOf(holder: object, key: string): string | undefined {
  const text = spellings.get(holder)?.get(key)
  return text !== undefined && Object.is(Number(text), Reflect.get(holder, key)) ? text : undefined
}

/** Remembers how numbers of a holder were written, and that it holds some, itself or deeper down. */
function remember(holder: object, texts: ReadonlyMap<string, string>): void {
  if (texts.size > 0) {
    const known = spellings.get(holder) ?? new Map<string, string>()
    for (const [key, text] of texts) known.set(key, text)
    spellings.set(holder, known)
    isAnySpelled = true
  }
  if (texts.size > 0 || isHolder(holder, 1)) holders.add(holder)
}

/**
 * Tells a holder whose members were taken from another one how their numbers were written.
 * @param only the members that may be numbers of callers; default: all
 */
export function keepSpelling(holder: object, source: object, only?: readonly string[]): void {
  if (!isAnySpelled) return
  const texts = new Map<string, string>()
  for (const key of only ?? Object.keys(source)) {
    if (!Object.hasOwn(source, key) || !Object.is(Reflect.get(holder, key), Reflect.get(source, key))) continue
    spellings.get(holder)?.delete(key)
    const text = spellings.get(source)?.get(key)
    if (text !== undefined) texts.set(key, text)
  }
  remember(holder, texts)
}

/**
 * Adds the members of `part` to a holder, with how their numbers were written.
 * @param open the holder, and what holds it
 */
export function addMembers(holder: object, part: object, open: readonly object[]): void {
  const shift = Array.isArray(holder) ? holder.length : 0
  const texts = spellings.get(holder) ?? new Map<string, string>()
  let size = 0
  if (Array.isArray(holder)) {
    for (const item of Object.values(part)) holder.push(item)
    size = 2 * (holder.length - shift)
  } else {
    for (const [key, value] of Object.entries(part)) {
      texts.delete(key)
      if (!Object.hasOwn(holder, key)) size += key.length + '"":0,'.length
      // An assignment would not make a member of this name.
      if (key === '__proto__') Reflect.defineProperty(holder, key, { ...PLAIN, value })
      else Reflect.set(holder, key, value)
    }
  }
  for (const each of open) sizes.set(each, (sizes.get(each) ?? 0) + size)
  if (!holders.has(part)) return
  for (const each of open) holders.add(each)
  for (const [key, text] of spellings.get(part) ?? []) texts.set(shift === 0 ? key : String(Number(key) + shift), text)
  spellings.set(holder, texts)
}

/** So many characters at least take the keys and commas of a value that was read in slices; 0 for any other. */
export function sizeInSlices(value: unknown): number {
  return (typeof value === 'object' && value !== null && sizes.get(value)) || 0
}

/**
 * A deep copy that knows how its numbers were written.
 * @param without the name of members that are left out, however deep they stand; default: none
 */
export function copyJson<Value>(value: Value, without?: string): Value {
  const copy = structuredClone(value)
  if (without !== undefined) remove(copy, without)
  if (isAnySpelled) keepDeepSpelling(copy, value)
  return copy
}

function remove(from: unknown, name: string): void {
  if (typeof from !== 'object' || from === null) return
  Reflect.deleteProperty(from, name)
  for (const member of Object.values(from)) remove(member, name)
}

function keepDeepSpelling(copy: unknown, source: unknown): void {
  if (typeof copy !== 'object' || copy === null || typeof source !== 'object' || source === null) return
  for (const key of Object.keys(copy)) keepDeepSpelling(Reflect.get(copy, key), Reflect.get(source, key))
  keepSpelling(copy, source)
}

/** Deepest nesting of arrays and objects, as JSON readers of servers limit it. */
export const MAX_JSON_DEPTH = 1000

/** Whether brackets outside of strings nest too deeply. A text with few characters cannot. */
export function nestsTooDeeply(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false
  let depth = 0
  let isString = false
  for (let place = 0; place < text.length; place++) {
    const char = text[place]
    if (char === '\\' && isString) place++
    else if (char === '"') isString = !isString
    else if (isString) continue
    else if (char === '[' || char === '{') {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (char === ']' || char === '}') depth--
  }
  return false
}

/** What a text of JSON means, its numbers plain; undefined for any other text, and for one that nests too deeply. */
export function parseJson(text: string): unknown {
  if (text === '' || nestsTooDeeply(text)) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    return undefined
  }
}

/** Media type of a list that comes item by item: lines of JSON, each closed by CRLF. */
export const STREAM = 'application/octet-stream'

/** What the body of an answer means; undefined for what cannot be read. */
export function readBody(headers: Readonly<Record<string, string>>, text: string, status: number): unknown {
  // A stream that is refused is one document, whatever its media type says.
  if (!isOfMedia(headers, STREAM) || status >= 400) return parseJson(text)
  const lines = text.split('\r\n').filter((line) => line !== '')
  const items = lines.map(parseJson)
  return items.includes(undefined) ? undefined : items
}

export function isOfMedia(headers: Readonly<Record<string, string>>, media: string): boolean {
  const [essence = ''] = (headers['content-type'] ?? '').split(';', 1)
  return essence.trim().toLowerCase() === media
}

/** Whether a value nests too deeply, as one does that holds itself. */
export function isTooDeep(value: unknown): boolean {
  const left: { part: unknown; depth: number }[] = [{ part: value, depth: 1 }]
  // The latest first: a value that holds itself is gone down at once.
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { part, depth } = next
    if (typeof part !== 'object' || part === null) continue
    if (depth > MAX_JSON_DEPTH) return true
    for (const member of Object.values(part)) left.push({ part: member, depth: depth + 1 })
  }
  return false
}

/**
 * Reads JSON whose numbers JavaScript cannot hold as they are written: each of them goes through JSON.parse as a string
 * that no other string can be, and becomes a number afterwards, whose text is remembered. `NaN`,
 * `Infinity` and `-Infinity` become strings.
 *
 * By hand, since readers such as lossless-json take several times as long and refuse what Python writes (`NaN`, a key
 * twice), and JSON.parse tells its reviver how a number was written on newer engines only than those of Node 20.
 * @throws SyntaxError for what is no JSON
 */
function readLossless(text: string): unknown {
  const mark = findMark(text)
  if (mark === undefined) return JSON.parse(text)
  const whole: unknown = JSON.parse(markNumbers(text, escapeOf(mark)))
  return typeof whole === 'string' && whole.startsWith(mark) ? Number(whole.slice(1)) : settle(whole, mark)
}

/** Control characters cannot stand in a string but escaped, so one that the text does not escape is in no string of it. */
function findMark(text: string): string | undefined {
  const escaped = text.toLowerCase()
  return Array.from({ length: 8 }, (_, code) => String.fromCharCode(code)).find(
    (char) => !escaped.includes(escapeOf(char)),
  )
}

function escapeOf(char: string): string {
  return `\\u000${char.charCodeAt(0)}`
}

/** A number, or a word that Python writes for one, where a value may stand; whether it is well formed is seen then. */
const TOKEN = /(?<![\w.+-])(?:-?\d[\w.+-]*|NaN|-?Infinity)(?![\w.+-]|\s*:)/g
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Quotes what stands outside of strings and cannot go through JSON.parse as it is. */
function markNumbers(text: string, mark: string): string {
  const quote = (token: string): string => {
    if (/[NI]/.test(token)) return `"${token}"`
    return NUMBER.test(token) && JSON.stringify(Number(token)) !== token ? `"${mark}${token}"` : token
  }
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    const start = text.indexOf('"', at)
    const end = start < 0 ? text.length : endOfString(text, start)
    parts.push(text.slice(at, start < 0 ? end : start).replaceAll(TOKEN, quote))
    if (start >= 0) parts.push(text.slice(start, end))
    at = end
  }
  return parts.join('')
}

/** Behind the quote that ends the string which begins at `start`; the end of the text when the quote is missing. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return text.length
}

/** Puts plain numbers in the place of marked ones, from the inside out. */
function settle(value: unknown, mark: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const texts = new Map<string, string>()
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') settle(member, mark)
    else if (member.startsWith(mark)) {
      const text = member.slice(1)
      texts.set(key, text)
      Reflect.defineProperty(value, key, { ...PLAIN, value: Number(text) })
    }
  }
  remember(value, texts)
  return value
}

const PLAIN = { enumerable: true, writable: true, configurable: true }
