/**
 * Reads large JSON in slices, with other work between them: the value is what the whole text would be read as. A slice
 * ends at a comma, or where a container ends that an earlier slice has left open; brackets make it JSON by itself.
 */
import { addMembers, endOfString, MAX_JSON_DEPTH } from '../../kernel/json-text.js'
import { turnOfTheLoop } from '../../kernel/clock.js'

/** Members that the outermost object may have: to list more of them at once takes longer than others should wait. */
const MAX_MEMBERS = 100_000

/** An outermost object has more members than can be judged without a pause. */
export class TooManyMembers extends Error {
  override readonly message = `The body has more than ${MAX_MEMBERS} members.`
}

/**
 * @param read reads one slice
 * @param size characters of a slice, which a single string may exceed
 * @throws SyntaxError for what is no JSON, RangeError for what nests too deeply, TooManyMembers
 */
export async function readJsonInSlices(
  text: string,
  read: (slice: string) => unknown,
  size = 32 * 1024,
): Promise<unknown> {
  const first = /[^ \t\n\r]/.exec(text)
  if (first === null || !'[{'.includes(first[0])) return read(text)
  const reader = new SliceReader(text, first.index, { read, size })
  let pausedAt = 0
  for (let place = first.index + 1; place < text.length && !reader.isOver;) {
    place = reader.take(place)
    if (place - pausedAt <= size) continue
    pausedAt = place
    await turnOfTheLoop?.()
  }
  return reader.end()
}

/** Where the key stands under which a container lies, and the bracket that ends it. */
interface Open {
  key: readonly [start: number, end: number]
  closer: string
}

class SliceReader {
  private readonly text: string
  private readonly options: { read: (slice: string) => unknown; size: number }
  private readonly root: object
  /** Containers that earlier slices have left open, the outermost first. */
  private readonly built: object[]
  /** Those that this slice has opened. */
  private open: Open[] = []
  private from: number
  private before: Before = 'start'
  /** Members of the outermost object so far. */
  private members = 0
  /** The latest string. */
  private key: Open['key'] = [0, 0]

  constructor(text: string, start: number, options: SliceReader['options']) {
    this.text = text
    this.options = options
    this.root = text[start] === '[' ? [] : {}
    this.built = [this.root]
    this.from = start + 1
  }

  get isOver(): boolean {
    return this.built.length === 0
  }

  /** Takes the character at a place. Returns the next place. */
  take(place: number): number {
    const char = this.text[place]
    if (char === '"') {
      this.key = [place, endOfString(this.text, place)]
      return this.key[1]
    }
    if (char === '[' || char === '{') {
      this.open.push({ key: this.key, closer: char === '[' ? ']' : '}' })
      if (this.built.length + this.open.length > MAX_JSON_DEPTH) throw new RangeError('The JSON nests too deeply.')
    } else if (char === ']' || char === '}') {
      if (this.open.pop() === undefined) this.leave(place, char)
    } else if (char === ',' && place - this.from > this.options.size) this.cut(place)
    return place + 1
  }

  /** @throws SyntaxError where something is missing, or too much */
  end(): object {
    if (this.isOver && !/[^ \t\n\r]/.test(this.text.slice(this.from))) return this.root
    throw new SyntaxError('The JSON is not whole.')
  }

  /** Ends a slice with the container that it goes on in. */
  private leave(place: number, closer: string): void {
    this.add(place, closer)
    this.built.pop()
    this.from = place + 1
    this.before = 'inner'
  }

  /** Ends a slice before a comma, unless nothing that may stand before one does. */
  private cut(place: number): void {
    const { text, built } = this
    if ('[{,'.includes(lastBefore(text, place))) return
    const closers = this.open.map(({ closer }) => closer).reverse()
    this.add(place, closers.join('') + (Array.isArray(built.at(-1)) ? ']' : '}'))
    for (const { key } of this.open) built.push(lastMember(built.at(-1), text.slice(...key)))
    this.open = []
    this.from = place + 1
    this.before = 'comma'
  }

  private add(end: number, closers: string): void {
    const { text, built } = this
    const into = built.at(-1) ?? []
    const from = startOf(text, this.from, end, this.before)
    try {
      const part = this.options.read(`${Array.isArray(into) ? '[' : '{'}${text.slice(from, end)}${closers}`)
      if (typeof part !== 'object' || part === null) return
      if (into === this.root && !Array.isArray(part)) this.members += Object.keys(part).length
      if (this.members > MAX_MEMBERS) throw new TooManyMembers()
      addMembers(into, part, built)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const message = error.message.replace(/at position (\d+)/, (_, at) => `at position ${Number(at) + from - 1}`)
      throw new SyntaxError(message)
    }
  }
}

/** What stands before a slice: the bracket that opens its container, a comma, or the end of an inner container. */
type Before = 'start' | 'comma' | 'inner'

/** Where the first member of a slice begins: behind a comma, unless it is the first of its container or there is none. */
function startOf(text: string, from: number, end: number, before: Before): number {
  if (before === 'start') return from
  let place = from
  while (place < end && isBlank(text, place)) place++
  if (before === 'inner') {
    if (place === end) return end
    if (text[place] !== ',') throw new SyntaxError(`A comma is missing at position ${place}`)
    return startOf(text, place + 1, end, 'comma')
  }
  if (place === end) throw new SyntaxError(`A member is missing at position ${place}`)
  return place
}

function isBlank(text: string, place: number): boolean {
  return ' \t\n\r'.includes(text.charAt(place))
}

/** The last character before a place that is no blank. */
function lastBefore(text: string, place: number): string {
  let at = place - 1
  while (at > 0 && isBlank(text, at)) at--
  return text.charAt(at)
}

/** The member that a slice has left open in a container. */
function lastMember(holder: object | undefined, key: string): object {
  const member: unknown = Array.isArray(holder) ? holder.at(-1) : Reflect.get(holder ?? {}, String(JSON.parse(key)))
  if (typeof member !== 'object' || member === null) throw new SyntaxError('A key is missing.')
  return member
}
