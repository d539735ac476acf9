/**
 * Reads large JSON in slices, with other work between them: the value is what the whole text would be read as. A slice
 * ends at a comma, or where a container ends that an earlier slice has left open; brackets make it JSON by itself.
 */
import { addMembers, endOfString, MAX_JSON_DEPTH } from './json-text.js'
import { resolveTurn } from './loop-turn.js'

/** Where the key stands under which a container lies, and the bracket that ends it. */
interface Open {
  key: readonly [start: number, end: number]
  closer: string
}

const turnOfTheLoop = resolveTurn(globalThis.setTimeout)

/**
 * @param read reads one slice
 * @param size characters of a slice, which a single string may exceed
 * @throws SyntaxError for what is no JSON, RangeError for what nests too deeply
 */
export async function readJsonInSlices(
  text: string,
  read: (slice: string) => unknown,
  size = 32 * 1024,
): Promise<unknown> {
  const first = /[^ \t\n\r]/.exec(text)
  if (first === null || !'[{'.includes(first[0])) return read(text)
  const root: object = first[0] === '[' ? [] : {}
  /** Containers that earlier slices have left open, the outermost first, and those that this one has opened. */
  const built = [root]
  const open: Open[] = []
  let from = first.index + 1
  let before: Before = 'start'
  let pausedAt = 0
  let key: Open['key'] = [0, 0]
  for (let place = from; place < text.length; place++) {
    const char = text[place]
    if (char === '"') {
      key = [place, endOfString(text, place)]
      place = key[1] - 1
    } else if (char === '[' || char === '{') {
      open.push({ key, closer: char === '[' ? ']' : '}' })
      if (built.length + open.length > MAX_JSON_DEPTH) throw new RangeError('The JSON nests too deeply.')
      continue
    } else if (char === ']' || char === '}') {
      if (open.pop() !== undefined) continue
      addSlice(built, { text, from, end: place, before, closers: char }, read)
      built.pop()
      from = place + 1
      before = 'inner'
      if (built.length === 0) break
    } else if (char === ',' && place - from > size && !'[{,'.includes(lastBefore(text, place))) {
      const closers = open.map(({ closer }) => closer).reverse()
      addSlice(built, { text, from, end: place, before, closers: closers.join('') }, read)
      for (const each of open.splice(0)) built.push(lastMember(built.at(-1), text.slice(...each.key)))
      from = place + 1
      before = 'comma'
    } else continue
    if (place - pausedAt > size) {
      pausedAt = place
      await turnOfTheLoop?.()
    }
  }
  if (built.length > 0 || /[^ \t\n\r]/.test(text.slice(from))) throw new SyntaxError('The JSON is not whole.')
  return root
}

/** What stands before a slice: the bracket that opens its container, a comma, or the end of an inner container. */
type Before = 'start' | 'comma' | 'inner'

interface Slice {
  text: string
  from: number
  end: number
  before: Before
  /** What ends the containers that it leaves open, and its own unless the text goes on in that. */
  closers: string
}

function addSlice(built: readonly object[], slice: Slice, read: (text: string) => unknown): void {
  const { text, end, closers } = slice
  const into = built.at(-1) ?? []
  const isArray = Array.isArray(into)
  const from = startOf(slice)
  const own = text[end] === ',' ? (isArray ? ']' : '}') : ''
  try {
    const part = read(`${isArray ? '[' : '{'}${text.slice(from, end)}${closers}${own}`)
    if (typeof part === 'object' && part !== null) addMembers(into, part, built)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const message = error.message.replace(/at position (\d+)/, (_, at) => `at position ${Number(at) + from - 1}`)
    throw new SyntaxError(message)
  }
}

/** Where the first member of a slice begins: behind a comma, unless it is the first of its container or there is none. */
function startOf({ text, from, end, before }: Omit<Slice, 'closers'>): number {
  if (before === 'start') return from
  let place = from
  while (place < end && isBlank(text, place)) place++
  if (before === 'inner') {
    if (place === end) return end
    if (text[place] !== ',') throw new SyntaxError(`A comma is missing at position ${place}`)
    return startOf({ text, from: place + 1, end, before: 'comma' })
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
