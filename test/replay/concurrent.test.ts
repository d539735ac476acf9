// Recordings in which several clients called at once are what the model admits: everything that happened to a runner, a
// job or a command has a serial order, and what holds in any order holds. Spoilt ones are told apart.
import { describe, expect, it } from 'vitest'
import { judgeRecording } from './concurrent/judge-recording.js'
import { readManifest, readRecording, type RecordedExchange, type Recording } from './recording.js'

const concurrent = readManifest().filter(({ mode }) => mode === 'concurrent')

/** How much of each recording must have found its place; the rest are requests that no state is needed to refuse. */
const LEAST_ORDERED = 0.75

describe('concurrent recordings', () => {
  // The long ones say what the short ones say, of more callers.
  const chosen = concurrent.filter(({ name }) => process.env['KIT_ALL_SEEDS'] !== undefined || !name.includes('-16-'))
  it.each(chosen)('$name is what the model admits', ({ name, accidents }) => {
    const marked = new Set(accidents.flatMap(({ exchanges }) => exchanges))
    const { flaws, exchanges, ordered, tooLarge, excused } = judgeRecording(readRecording(name), marked)
    expect(flaws).toEqual([])
    expect(tooLarge).toBe(0)
    expect(excused).toBeLessThanOrEqual(4)
    expect(ordered / exchanges).toBeGreaterThan(LEAST_ORDERED)
  })
})

interface Shown {
  id?: string
  status?: string
  total?: number
  completed_at?: string
  checklist?: unknown
}

/** Changes the first exchange that a rule applies to. */
type Spoil = (exchange: RecordedExchange, before: readonly RecordedExchange[]) => RecordedExchange | undefined

const bodyOf = ({ response }: RecordedExchange): Shown | null => JSON.parse(response?.body ?? 'null') as Shown | null

function answering(exchange: RecordedExchange, status: number, body: unknown): RecordedExchange {
  return { ...exchange, status, response: { headers: {}, ...exchange.response, body: JSON.stringify(body) } }
}

const isRead = ({ method, path, status }: RecordedExchange, pattern: RegExp): boolean =>
  method === 'GET' && pattern.test(path) && status === 200

const JOB = /\/jobs\/[-0-9a-f]{36}$/
const RUNNER = /\/local-runners\/[-0-9a-f]{36}$/
const NEXT = /\/jobs\/next$/

const spoils: Record<string, Spoil> = {
  'a job that is handed out twice': (exchange, before) => {
    const earlier = before.find(({ path, response }) => path === exchange.path && (response?.body ?? 'null') !== 'null')
    const isPoll = NEXT.test(exchange.path) && exchange.status === 200 && earlier !== undefined
    return isPoll ? { ...exchange, response: earlier.response ?? { headers: {} } } : undefined
  },
  'a total that counts one too many': (exchange) => {
    const body = isRead(exchange, /[-0-9a-f]{36}\/jobs$/) && exchange.query === undefined ? bodyOf(exchange) : null
    return body === null || (body.total ?? 0) === 0
      ? undefined
      : answering(exchange, 200, { ...body, total: 1 + (body.total ?? 0) })
  },
  'a status that goes back': (exchange, before) => {
    if (!isRead(exchange, JOB) || bodyOf(exchange)?.status !== 'completed') return undefined
    const isSeenBefore = before.some(
      (each) => each.path === exchange.path && isRead(each, JOB) && bodyOf(each)?.status === 'completed',
    )
    if (!isSeenBefore) return undefined
    const { completed_at: _, ...body } = bodyOf(exchange) ?? {}
    return answering(exchange, 200, { ...body, status: 'running' })
  },
  'a job that is lost': (exchange) =>
    isRead(exchange, JOB) && bodyOf(exchange)?.status === 'running'
      ? answering(exchange, 404, { code: 404, message: 'gone' })
      : undefined,
  'a job that is refused although its runner is there': (exchange) =>
    exchange.method === 'POST' && exchange.path.endsWith('/jobs') && exchange.status === 201
      ? { ...answering(exchange, 404, { code: 404, message: 'none' }), response: { headers: {}, body: '{"code":404}' } }
      : undefined,
  'a checklist that nobody wrote': (exchange) => {
    const body = isRead(exchange, RUNNER) ? bodyOf(exchange) : null
    return body === null ? undefined : answering(exchange, 200, { ...body, checklist: { of: 'nobody' } })
  },
  'a status that the spec does not have': (exchange) =>
    isRead(exchange, JOB) ? answering(exchange, 202, bodyOf(exchange)) : undefined,
}

function spoil({ header, exchanges }: Recording, change: Spoil): Recording {
  for (const [place, exchange] of exchanges.entries()) {
    const spoilt = exchange.response === undefined ? undefined : change(exchange, exchanges.slice(0, place))
    if (spoilt !== undefined) return { header, exchanges: exchanges.with(place, spoilt) }
  }
  throw new Error('There is nothing in the recording to spoil.')
}

describe('a spoilt recording', () => {
  const recording = readRecording('concurrent-4-ordered')
  const { accidents = [] } = concurrent.find(({ name }) => name === 'concurrent-4-ordered') ?? {}
  const marked = new Set(accidents.flatMap(({ exchanges }) => exchanges))

  it.each(Object.entries(spoils))('is found out: %s', (_what, change) => {
    expect(judgeRecording(spoil(recording, change), marked).flaws).not.toEqual([])
  })
})
