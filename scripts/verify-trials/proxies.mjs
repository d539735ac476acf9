// Reverse proxies in front of a target, for what is not as near or as idle as it is.
import { Agent, createServer, request } from 'node:http'

/**
 * In front of a target that has only so many connections for requests that wait: counts them, those whose callers have
 * hung up too until their time is over, and answers 500 to whatever comes when there are too many.
 * @param room how many requests may wait
 * @param longest the settings of the target that say how long requests wait, in seconds
 * @param now the time of the target
 */
export async function startCrowdedProxy(origin, { room = Infinity, longest, now = Date.now }) {
  /** When the wait of each request is over; infinite while its caller is there. */
  const waits = new Map()
  const figures = { peak: 0, refused: 0 }
  const proxy = await startProxy(origin, (incoming, outgoing, forward) => {
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
    outgoing.on('close', () => {
      if (!outgoing.writableFinished && wait > 0) waits.set(incoming, until)
    })
    forward(() => waits.delete(incoming))
  })
  return { ...proxy, figures }
}

/** Changes nothing but the time: each request takes from `least` to `most` milliseconds longer. */
export function startLatencyProxy(origin, [least, most]) {
  return startProxy(origin, (_incoming, _outgoing, forward) => {
    setTimeout(forward, least + Math.random() * (most - least))
  })
}

/** Listens on a free loopback port in front of `origin`; `take` forwards each request when its time has come. */
async function startProxy(origin, take) {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    take(incoming, outgoing, (onEnd = () => undefined) => {
      const { method, url, headers } = incoming
      const onward = request(`${origin}${url}`, { method, headers, agent })
      outgoing.on('close', () => onward.destroy())
      onward.on('error', () => outgoing.destroy())
      onward.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers)
        answer.on('end', onEnd)
        answer.pipe(outgoing)
      })
      incoming.pipe(onward)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
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
