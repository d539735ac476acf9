// JSON as text that keeps its numbers. A value is always plain; where the text of a number says more than the number
// (`1.0`, twenty digits, `-0.0`, `1e400`), it is remembered beside the object or array that holds it, until the value is
// written again. Copies made by other hands than `copyJson` and `keepSpelling` know plain numbers only.
//
// And how deep data of others may nest: what goes into its members by calling itself runs out of stack on more, and a
// process that is out of stack may end at any regular expression; so depth is looked at first, without calls.

/** Texts of numbers by the key under which they stand in a holder. */
class Spelling extends Map<string, string> {}

/**
 * Where objects and arrays that hold such a number, at any depth, keep the texts of their own: a member that no copy and no
 * comparison sees. A weak map of millions of them would keep the garbage collector busy for minutes.
 */
const SPELLING = Symbol('spelling')
let isAnySpelled = false

function spellingIn(holder: object): Spelling | undefined {
  const spelling: unknown = Reflect.get(holder, SPELLING)
  return spelling instanceof Spelling ? spelling : undefined
}

function setSpelling(holder: object, value: Spelling): void {
  Reflect.defineProperty(holder, SPELLING, { value, writable: true, configurable: true })
  isAnySpelled = true
}

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
  return SUSPICIOUS.test(text) ? new ExactReader(text).read() : JSON.parse(text)
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
  if (spellingIn(value) !== undefined) return true
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
  const text = spellingIn(holder)?.get(key)
  return text !== undefined && Object.is(Number(text), Reflect.get(holder, key)) ? text : undefined
}

/** Remembers how numbers of a holder were written, and that it holds some, itself or deeper down. */
function remember(holder: object, texts: ReadonlyMap<string, string> = NO_OWN): void {
  if (texts.size > 0) setSpelling(holder, new Spelling([...(spellingIn(holder) ?? []), ...texts]))
  else if (isHolder(holder, 1)) setSpelling(holder, spellingIn(holder) ?? NO_OWN)
}

/** That of holders whose numbers stand deeper down alone. */
const NO_OWN = new Spelling()

/**
 * Tells a holder whose members were taken from another one how their numbers were written.
 * @param only the members that may be numbers of callers; default: all
 */
export function keepSpelling(holder: object, source: object, only?: readonly string[]): void {
  if (!isAnySpelled) return
  const texts = new Map<string, string>()
  for (const key of only ?? Object.keys(source)) {
    if (!Object.hasOwn(source, key) || !Object.is(Reflect.get(holder, key), Reflect.get(source, key))) continue
    spellingIn(holder)?.delete(key)
    const text = spellingIn(source)?.get(key)
    if (text !== undefined) texts.set(key, text)
  }
  remember(holder, texts)
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
  const type = headers['content-type'] ?? ''
  const end = type.indexOf(';')
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase() === media
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
 * Reads JSON whose numbers JavaScript cannot hold as they are written. `NaN`, `Infinity` and `-Infinity` become strings.
 *
 * By hand, since readers such as lossless-json take several times as long and refuse what Python writes (`NaN`, a key
 * twice), and JSON.parse tells its reviver how a number was written on newer engines only than those of Node 20.
 */
class ExactReader {
  private readonly text: string
  private at = 0
  /** How the number that was read last was written, if that says more than the number. */
  private spelled: string | undefined

  constructor(text: string) {
    this.text = text
  }

  /** @throws SyntaxError for what is no JSON */
  read(): unknown {
    const value = this.readValue()
    return this.nextCharacter() === '' ? value : this.fail()
  }

  private readValue(): unknown {
    const first = this.nextCharacter()
    this.spelled = undefined
    return first === '{' || first === '[' ? this.readHolder(first) : this.readScalar(first)
  }

  private readScalar(first: string): unknown {
    const { text, at } = this
    TOKEN.lastIndex = at
    const end = first === '"' ? endOfString(text, at) : TOKEN.test(text) ? TOKEN.lastIndex : at
    const token = text.slice(at, end)
    const value = PYTHON_NUMBERS.has(token) ? token : this.parse(token)
    this.at = end
    if (typeof value === 'number' && String(value) !== token) this.spelled = token
    return value
  }

  private parse(token: string): unknown {
    try {
      return JSON.parse(token)
    } catch {
      return this.fail()
    }
  }

  private readHolder(opener: string): object {
    const list: unknown[] = []
    const object: Record<string, unknown> = {}
    const holder = opener === '[' ? list : object
    let texts: Map<string, string> | undefined
    for (let count = 0; this.hasMember(opener === '[' ? ']' : '}', count === 0); count++) {
      const key = holder === list ? count : this.readKey()
      const value = this.readValue()
      if (this.spelled !== undefined) texts = (texts ?? new Map<string, string>()).set(String(key), this.spelled)
      // Of a key that comes twice the last value counts.
      else if (holder === object) texts?.delete(String(key))
      if (holder === list) list.push(value)
      // An assignment would not make a member of this name.
      else if (key === '__proto__') Reflect.defineProperty(object, key, { ...PLAIN_MEMBER, value })
      else object[key] = value
    }
    this.spelled = undefined
    remember(holder, texts)
    return holder
  }

  private readKey(): string {
    if (this.nextCharacter() !== '"') this.fail()
    const key = String(this.readScalar('"'))
    if (this.nextCharacter() !== ':') this.fail()
    this.at++
    return key
  }

  /** Steps over what stands before a member: the bracket that opens its holder, or a comma. False, over the closing one. */
  private hasMember(closer: string, isFirst: boolean): boolean {
    if (isFirst) this.at++
    const next = this.nextCharacter()
    if (isFirst && next !== closer) return true
    if (next !== ',' && next !== closer) this.fail()
    this.at++
    return next === ','
  }

  /** That stands next behind blanks; '' at the end. */
  private nextCharacter(): string {
    for (; ; this.at++) {
      const character = this.text[this.at] ?? ''
      if (character === '' || !BLANKS.includes(character)) return character
    }
  }

  private fail(): never {
    throw new SyntaxError(`The text is no JSON at position ${this.at}`)
  }
}

const BLANKS = ' \n\t\r'
/** A number or a word. */
const TOKEN = /[\w.+-]+/y
/** Words that Python writes for numbers. */
const PYTHON_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity'])
const PLAIN_MEMBER = { enumerable: true, writable: true, configurable: true }

/** Behind the quote that ends the string which begins at `start`; the end of the text when the quote is missing. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return text.length
}
