// Replays what the real server answered around runners, topic by topic, each on an empty mock, with the ids that the mock made in
// place of the server's; answers are held against the recorded ones in their normal form: `<id>`, `<now>`, `<text>`, `{{name}}`.
// `KIT_DIFFERENCES=05-spans npx vitest run test/replay/neighbours` prints what goes otherwise in one, by cause.
import { writeSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { isObject } from '../../../src/kernel/json-value.js'
import { type Flaw, compareValues, flaw, toSet, type Freedoms } from '../flaws.js'
import { readTopic, topics, type NeighbourExchange } from './exchange.js'

const printed = process.env['KIT_DIFFERENCES']

it.each(topics)('the operations around runners %s: each request is answered as by the real server', async (topic) => {
  const differences = await replayNeighbours(readTopic(topic), { profile: 'opik@2.0' })
  if (printed !== undefined && topic.startsWith(printed)) writeSync(1, summary(differences))
  expect(differences).toEqual([])
})

/** Differences by cause, the most frequent first, with some examples of each. */
function summary(differences: readonly Difference[]): string {
  const causes = new Map<string, string[]>()
  for (const { exchange, flaws } of differences) {
    for (const { where, expected, actual } of flaws) {
      const cause = `${exchange.op} ${where}`
      const example = `    #${exchange.n} ${exchange.note ?? ''} expected ${expected.slice(0, 300)}, got ${actual.slice(0, 300)}`
      causes.set(cause, [...(causes.get(cause) ?? []), example])
    }
  }
  const groups = [...causes].toSorted(([, one], [, other]) => other.length - one.length)
  const lines = groups.flatMap(([cause, examples]) => [`${examples.length} ${cause}`, ...examples.slice(0, EXAMPLES)])
  return `\n${differences.length} exchanges differ\n${lines.join('\n')}\n`
}

const EXAMPLES = Number(process.env['KIT_EXAMPLES'] ?? 6)

/** An exchange that went otherwise, and how. */
interface Difference {
  readonly exchange: NeighbourExchange
  readonly flaws: readonly Flaw[]
}

const SENT_HEADERS = { accept: 'application/json', 'comet-workspace': 'default', 'content-type': 'application/json' }

/** Replays exchanges to a fresh mock; those that went otherwise, in order. */
async function replayNeighbours(
  exchanges: readonly NeighbourExchange[],
  options: RunnerMockOptions,
): Promise<Difference[]> {
  const now = `${NOW_YEAR}-28T08:00:00.000Z`
  const mock = createRunnerMock({ auth: 'local', seed: 5, now, frozen: true, checkReply, ...options })
  const captured = new Map<string, string>()
  const differences: Difference[] = []
  try {
    for (const exchange of exchanges) {
      const answer = await ask(mock, exchange, captured)
      capture(exchange, answer, captured)
      const flaws = compareAnswer(exchange, answer, captured)
      if (flaws.length > 0) differences.push({ exchange, flaws })
      await mock.clock.advance({ milliseconds: 7 })
    }
  } finally {
    await mock.close()
  }
  return differences
}

async function ask(mock: RunnerMock, exchange: NeighbourExchange, captured: Map<string, string>): Promise<Answer> {
  const { method, path, query, headers, body, raw, gzip } = exchange.request
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (name, key: string) => captured.get(key) ?? name)
  const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, fill(value)])).toString()
  const url = fill(path) + (search === '' ? '' : `?${search}`)
  const all: Record<string, string | null> = {
    ...SENT_HEADERS,
    ...(gzip && { 'content-encoding': 'gzip' }),
    ...headers,
  }
  const sent = Object.entries(all)
  const text = raw ?? (body === undefined ? undefined : fill(JSON.stringify(body)))
  const reply = await mock.handle({
    ...{ method, url, base: 'http://mock/api' },
    headers: Object.fromEntries(sent.filter((header): header is [string, string] => header[1] !== null)),
    body: text === undefined || gzip === undefined ? text : gzipSync(text),
  })
  return { status: reply.status, headers: reply.headers, body: reply.body }
}

function capture({ capture: names }: NeighbourExchange, answer: Answer, captured: Map<string, string>): void {
  for (const [name, from] of Object.entries(names ?? {})) {
    const found = from === 'location' ? answer.headers['location']?.split('/').at(-1) : memberAt(answer.body, from)
    if (found !== undefined) captured.set(name, found)
  }
}

/** The text at a path such as `latest_version.id` of an answer. */
function memberAt(body: string, path: string): string | undefined {
  let value: unknown = body.startsWith('{') ? JSON.parse(body) : undefined
  for (const key of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }
  return typeof value === 'string' ? value : undefined
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What differs between an answer and the recorded one. */
function compareAnswer({ op, request, response }: NeighbourExchange, answer: Answer, captured: Captured): Flaw[] {
  if (response.status !== answer.status) {
    const isFree = mayStandFor(response.status, answer.status)
    return isFree ? [] : [flaw('status', response.status, `${answer.status} ${answer.body.slice(0, 120)}`)]
  }
  if (CONSTANTS.includes(op) && answer.status === 200) return []
  const random = RANDOM_FIELDS[op]
  if (random !== undefined && request.query?.['sorting']?.includes(`"${random}"`) === true) return []
  const freedoms = freedomsOf(captured)
  const flaws = compareHeaders(response.headers, answer.headers, freedoms)
  // A body that is no JSON is words.
  if (response.text === TEXT) return flaws
  const body = readBody(answer, response.stream !== undefined)
  return [...flaws, ...compareValues(bodyOf(response), body, freedoms)]
}

/** Ids that the server made, by the names that the recording gives them. */
type Captured = ReadonlyMap<string, string>

function bodyOf({ body, stream, text }: NeighbourExchange['response']): unknown {
  return stream ?? body ?? text
}

function readBody({ body }: Answer, isStream: boolean): unknown {
  if (body === '') return isStream ? [] : undefined
  try {
    if (!isStream) return JSON.parse(body)
    return body
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
  } catch {
    return body
  }
}

type Headers = Readonly<Record<string, string>>

function compareHeaders(expected: Headers, actual: Headers, freedoms: Freedoms): Flaw[] {
  const [type, allow, location] = ['content-type', 'allow', 'location'].map((name) => actual[name])
  const flaws: Flaw[] = []
  if (expected['content-type'] !== type?.replace(/;.*/, ''))
    flaws.push(flaw('content-type', expected['content-type'], type))
  if (toSet(expected['allow']) !== toSet(allow)) flaws.push(flaw('allow', expected['allow'], allow))
  const place = location?.replace(/^https?:\/\/[^/]*(\/api)?/, '')
  return [...flaws, ...compareValues(expected['location'], place, freedoms, '/location')]
}

function freedomsOf(captured: Captured): Freedoms {
  return {
    isSet: (name, expected) => SETS.includes(name) || expected.some((each) => UNORDERED_NAMES.test(nameOf(each))),
    isLeftOut: (name, expected) =>
      (!(name in expected) && LATER.includes(name)) ||
      // Of a version whose id the server made, the commit is part of that id.
      (name === 'commit' && /[<{]/.test(String(expected['id'] ?? expected['prompt_version_id']))),
    entriesOf(actual, expected, name) {
      const isText = expected.length > 0 && expected.every((each) => each === TEXT)
      if (isText && actual.length > 0 && actual.every((each) => typeof each === 'string')) return undefined
      const later = LATER_NAMES[name] ?? []
      return actual.filter((each) => expected.includes(each) || !later.some((one) => one === each))
    },
    isSame(expected, actual, name) {
      if (typeof expected === 'number' && typeof actual === 'number')
        return Math.abs(expected - actual) <= ROUNDING * Math.abs(expected)
      if (typeof expected !== 'string' || typeof actual !== 'string') return expected === actual
      if (expected === TEXT) return true
      return OWN_IDS.includes(name) ? UUID.test(actual) : patternOf(expected, captured).test(actual)
    },
  }
}

const nameOf = (value: unknown): string => (isObject(value) ? String(value['name']) : '')

/** A text of the recording as what it stands for. */
function patternOf(expected: string, captured: Captured): RegExp {
  const parts = expected.split(/(<id>|<now>|<\.\.\. \d+ characters>|\{\{\w+\}\})/).map((part) => {
    if (part === '<id>') return ID
    if (part === '<now>') return NOW
    if (part.startsWith('<... ')) return `.{${Number.parseInt(part.slice(5), 10) - expected.indexOf(part)}}`
    const text = part.startsWith('{{') ? (captured.get(part.slice(2, -2)) ?? part) : part
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 's')
}

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const UUID = new RegExp(`^${ID}$`)
/** A moment of the replay: what requests give lies in other years. */
const NOW_YEAR = '2026-11'
const NOW = `${NOW_YEAR}-[\\dT:.-]+Z`

const SETS: readonly string[] = ['tags', 'envs', 'variables', 'names', 'scores', 'feedback_scores', 'permissions']

/** Lists of what these names tell apart, in any order: lines of a figure, one for each percentile. */
const UNORDERED_NAMES = /\.p(50|90|99)$/

/** Operations whose answers are constants of an installation: only the status counts. */
const CONSTANTS: readonly string[] = [
  ...['version', 'getServiceToggles', 'getLlmModels', 'getWorkspaceVersion', 'findFeedbackDefinitions'],
]

/** Fields of answers that came with version 2.1. */
const LATER: readonly string[] = ['environment', 'environments', 'source_queue_id', 'version_number', 'version_type']

/** Entries of lists of names that came with version 2.1. */
const LATER_NAMES: Readonly<Record<string, readonly string[]>> = { sortable_by: ['environment'] }

/** Ids of the server's own, of which only the form is compared. */
const OWN_IDS: readonly string[] = ['thread_model_id']

/** The status by which the mock may refuse what the server fails on. */
function mayStandFor(recorded: number, actual: number): boolean {
  return recorded === actual || (recorded >= 500 && recorded !== 501 && actual >= 400 && actual < 500)
}

/** Texts for people: messages of errors, and how many there are. */
const TEXT = '<text>'

/** How far sums of fractions may lie apart, as a part of the sum. */
const ROUNDING = 1e-9

/** A field by which a list may be sorted although its values are made at random, by operation. */
const RANDOM_FIELDS: Readonly<Record<string, string>> = { getPromptVersions: 'commit' }
