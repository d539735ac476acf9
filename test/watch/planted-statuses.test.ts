// One answer in fifty, of those that were a success, gets another status that its operation declares: watch names nearly all
// of them. Where one stands behind another, only the first can be named, so what is left is planted once more alone.
import { expect, it } from 'vitest'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { responses } from '../../src/kernel/all-operations.js'
import { runnerOperations } from '../../src/kernel/operation.js'
import { operationIn } from '../../src/kernel/recording/recorded-call.js'
import { readRecording, recordingsToTry, type RecordedExchange, type Recording } from '../replay/recording.js'

const PART = 0.02
/** Of the planted statuses so many are named at least. */
const NAMED_PART = 0.98
/** How much of a recording follows a status that is planted alone. */
const FOLLOWING = 200

/** Who may call is decided by what stands before a server; how often a caller may pair, by its settings. */
const UNJUDGED = new Set([401, 403])
const isLimit = (operation: string, status: number): boolean => status === 429 && /pairing/i.test(operation)

/** The same exchange under another status, or undefined where there is none. */
function plant({ header }: Recording, exchange: RecordedExchange, random: () => number): RecordedExchange | undefined {
  const operation = operationIn(header, exchange)?.operation.id
  const { status } = exchange
  if (operation === undefined || !Object.hasOwn(runnerOperations, operation) || status === undefined || status >= 300)
    return undefined
  const others = Object.keys(responses[operation])
    .map(Number)
    .filter((each) => each !== status && !UNJUDGED.has(each) && !isLimit(operation, each))
  const other = others[Math.floor(random() * others.length)]
  if (other === undefined || random() > PART) return undefined
  const refusal = { headers: { 'content-type': 'application/json' }, body: `{"code":${other},"message":"no"}` }
  return { ...exchange, status: other, response: other < 300 ? { headers: {} } : refusal }
}

/** The ids of what a verdict, or the list of what may have been a race, is about. */
function namedIn(recording: Recording): Set<number> {
  const { verdicts, quirks } = judge(recording, { startsEmpty: true, sides: ['server'] })
  const races = quirks.filter(({ id }) => id.startsWith('races/'))
  return new Set(
    [...verdicts.flatMap(({ at, story }) => [...at, ...story]), ...races.flatMap(({ at }) => at)].map(({ id }) => id),
  )
}

it('names a 401 between answers to the same key', () => {
  const { header, exchanges } = readRecording('identities')
  const keyOf = ({ request }: RecordedExchange) =>
    `${request.headers['authorization'] ?? ''} ${request.headers['comet-workspace'] ?? ''}`
  const wrong = { status: 401, response: { headers: {}, body: '' } }
  const at = exchanges.findIndex((each, place) => {
    const isServed = ({ status = 0 }: RecordedExchange): boolean => status < 300
    const same = (other: RecordedExchange): boolean => isServed(other) && keyOf(other) === keyOf(each)
    const isBetween = exchanges.slice(0, place).some(same) && exchanges.slice(place + 1).some(same)
    return isBetween && isServed(each) && each.path.includes('local-runners') && keyOf(each).trim().includes('-')
  })
  expect(at).toBeGreaterThan(0)
  const planted = exchanges.with(at, { ...exchanges[at]!, ...wrong })
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule: 'answer/status', actual: '401' }))
})

it.each([
  ['is no absolute URI', 'answer/header', (location: string) => new URL(location).pathname],
  ['names another project', 'ids/new', (_: string, earlier: string) => earlier],
])('names a Location of a new project that %s', (_, rule, edit) => {
  const { header, exchanges } = readRecording('identities')
  const isNewProject = ({ path, status }: RecordedExchange): boolean => path.endsWith('/projects') && status === 201
  const [first, second] = exchanges.filter(isNewProject)
  const [earlier, own] = [first, second].map((each) => each?.response?.headers['location'] ?? '')
  const wrong = { ...second!, response: { headers: { location: edit(own ?? '', earlier ?? '') } } }
  const planted = exchanges.map((each) => (each === second ? wrong : each))
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule, at: [{ recording: 0, id: wrong.id }] }))
})

/** Numbers from 0 to 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** How many statuses were planted in a recording, and which of them nothing names. */
function plantIn(name: string): { count: number; missed: readonly number[] } {
  const recording = readRecording(name)
  const { header, exchanges } = recording
  const random = numbers(7919)
  const planted = exchanges.map((exchange) => plant(recording, exchange, random))
  const named = namedIn({ header, exchanges: exchanges.map((exchange, at) => planted[at] ?? exchange) })
  const places = planted.flatMap((exchange, at) => (exchange === undefined ? [] : [{ exchange, at }]))
  const missed = places.filter(({ exchange, at }) => {
    const alone = () => namedIn({ header, exchanges: exchanges.with(at, exchange).slice(0, at + FOLLOWING) })
    return !named.has(exchange.id) && !alone().has(exchange.id)
  })
  return { count: places.length, missed: missed.map(({ exchange }) => exchange.id) }
}

it('names the statuses that are planted in recordings', { timeout: 300_000 }, () => {
  const planted = recordingsToTry().map(({ name }) => ({ name, ...plantIn(name) }))
  const count = planted.reduce((sum, each) => sum + each.count, 0)
  const missed = planted.flatMap((each) => each.missed.map((id) => `${each.name} ${id}`))
  expect(count).toBeGreaterThan(0)
  expect(missed.slice(Math.floor((1 - NAMED_PART) * count))).toEqual([])
})
