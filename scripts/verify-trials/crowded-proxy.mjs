// A reverse proxy in front of a target that has only so many connections for requests that wait: it counts them, those
// whose callers have hung up too until their time is over, and answers 500 to whatever comes when there are too many.
import { Agent, createServer, request } from 'node:http'

/**
 * Listens on a free loopback port in front of `origin`.
 * @param room how many requests may wait
 * @param longest the settings of the target that say how long requests wait, in seconds
 * @param now the time of the target
 */
export async function startCrowdedProxy(origin, { room = Infinity, longest, now = Date.now }) {
  const agent = new Agent({ keepAlive: true })
  /** When the wait of each request is over; infinite while its caller is there. */
  const waits = new Map()
  const figures = { peak: 0, refused: 0 }
  const server = createServer((incoming, outgoing) => {
    const wait = 1000 * waitOf(incoming, longest)
    const until = now() + wait
    if (wait > 0) waits.set(incoming, Infinity)
    const time = now()
    for (const [each, end] of waits) if (end <= time) waits.delete(each)
    figures.peak = Math.max(figures.peak, waits.size)
    if (waits.size > room) {
      figures.refused++
      waits.delete(incoming)
      outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"errors":["No connection is free."]}')
      return
    }
    const { method, url, headers } = incoming
    const onward = request(`${origin}${url}`, { method, headers, agent })
    outgoing.on('close', () => {
      onward.destroy()
      if (!outgoing.writableFinished && wait > 0) waits.set(incoming, until)
    })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.on('end', () => waits.delete(incoming))
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    figures,
    close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

/** The longest that a request may be held, in seconds; 0 for one that is answered at once. */
function waitOf({ method, url }, longest) {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (/\/jobs\/next\/?$/.test(pathname)) return method === 'POST' ? longest.next_job_poll_timeout_seconds : 0
  if (/\/commands\/next\/?$/.test(pathname)) return method === 'POST' ? longest.bridge_poll_timeout_seconds : 0
  if (!/\/bridge\/commands\/[^/]+\/?$/.test(pathname) || searchParams.get('wait') !== 'true') return 0
  const asked = Number(searchParams.get('timeout') ?? 30)
  return Math.min(Math.max(asked, 1), longest.bridge_max_command_timeout_seconds)
}
