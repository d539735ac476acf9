// What lists and sums cost beside so many traces with twenty spans each, and what a trace takes in memory. Processor time,
// the median of several turns; the first one, which computes what the others find computed, stands beside it.
import { createRunnerMock } from '../../dist/index.js'
import { median } from '../statistics.mjs'

const SPANS = 20
const TURNS = 15
const BATCH = 1000
const NOW = '2026-07-14T12:00:00Z'
const WEEK_MS = 7 * 86_400_000
const PROJECT = 'project_name=Default%20Project'

const count = Number(process.argv[2])
const mock = createRunnerMock({ now: NOW, frozen: true })
const headers = { 'content-type': 'application/json' }

async function send([method, path, body]) {
  const url = `/v1/private${path}`
  const reply = await mock.handle({ method, url, headers, ...(body && { body: JSON.stringify(body) }) })
  if (reply.status >= 300) throw new Error(`${path} answered ${reply.status}: ${reply.body}`)
  return reply.body
}

function idAt(ms, number) {
  const time = Math.floor(ms).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number.toString(16).padStart(12, '0')}`
}

function traceOf(place) {
  const start = Date.parse(NOW) - WEEK_MS + (place * WEEK_MS) / count
  const [start_time, end_time] = [start, start + 1000 + (place % 97) * 40].map((ms) => new Date(ms).toISOString())
  const id = idAt(start, place * (SPANS + 1))
  const thread_id = `talk ${place % Math.ceil(count / 5)}`
  const trace = {
    id,
    name: `agent ${place % 7}`,
    start_time,
    end_time,
    thread_id,
    source: 'sdk',
    metadata: { run: place },
  }
  const text = { input: { question: `Where is order ${place}?` }, output: { answer: 'On its way. '.repeat(8) } }
  const spans = Array.from({ length: SPANS }, (_, number) => ({
    ...{
      id: idAt(start, place * (SPANS + 1) + number + 1),
      trace_id: id,
      name: `step ${number}`,
      start_time,
      end_time,
    },
    ...{ type: number % 3 === 0 ? 'llm' : 'tool', usage: { total_tokens: number + 1 }, total_estimated_cost: 0.001 },
  }))
  return { trace: { ...trace, ...text, tags: [place % 3 === 0 ? 'slow' : 'quick'] }, spans }
}

async function fill() {
  const made = Array.from({ length: count }, (_, place) => traceOf(place))
  const traces = made.map(({ trace }) => trace)
  const spans = made.flatMap((each) => each.spans)
  for (let from = 0; from < traces.length; from += BATCH)
    await send(['POST', '/traces/batch', { traces: traces.slice(from, from + BATCH) }])
  for (let from = 0; from < spans.length; from += BATCH)
    await send(['POST', '/spans/batch', { spans: spans.slice(from, from + BATCH) }])
}

const used = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** Milliseconds of processor time, which a busy machine does not stretch. */
async function timeOf(request) {
  const turns = []
  for (let turn = 0; turn < TURNS; turn++) {
    const before = process.cpuUsage()
    await send(request)
    const { user, system } = process.cpuUsage(before)
    turns.push((user + system) / 1000)
  }
  return { ms: median(turns), firstMs: turns[0] }
}

const asked = (name, list) => `${name}=${encodeURIComponent(JSON.stringify(list))}`
const lists = (path, ...parts) => ['GET', `/${path}?${[PROJECT, ...parts].join('&')}`]
const slow = asked('filters', [{ field: 'tags', operator: 'contains', value: 'slow' }])
const long = asked('filters', [{ field: 'duration', operator: '>', value: '3000' }])
const byDuration = asked('sorting', [{ field: 'duration', direction: 'DESC' }])

await send(['GET', '/projects'])
const before = used()
await fill()
const bytesPerTrace = Math.round((used() - before) / count)
const requests = {
  'list of traces': lists('traces', 'size=100'),
  'traces by a tag': lists('traces', 'size=100', slow),
  'traces by duration': lists('traces', 'size=100', long),
  'traces sorted by duration': lists('traces', 'size=100', byDuration),
  'traces searched': lists('traces', 'size=100', 'search=order%201'),
  'sums of traces': lists('traces/stats'),
  'spans by duration': lists('spans', 'size=100', long),
  'spans sorted by duration': lists('spans', 'size=100', byDuration),
  'threads and their sums': lists('traces/threads/stats'),
  'sums of projects': ['GET', '/projects/stats'],
}
const times = {}
for (const [name, request] of Object.entries(requests)) times[name] = await timeOf(request)
console.log(JSON.stringify({ count, bytesPerTrace, times }))
await mock.close()
