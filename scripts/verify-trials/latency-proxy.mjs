// A reverse proxy that changes nothing but the time: every request is held up for a random while on its way.
import { Agent, createServer, request } from 'node:http'

/** Listens on a free loopback port in front of `origin`; each request takes from `least` to `most` milliseconds longer. */
export async function startLatencyProxy(origin, [least, most]) {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, outgoing) => {
    setTimeout(() => forward(incoming, outgoing, { origin, agent }), least + Math.random() * (most - least))
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

function forward(incoming, outgoing, { origin, agent }) {
  const { method, url, headers } = incoming
  const onward = request(`${origin}${url}`, { method, headers, agent })
  outgoing.on('close', () => onward.destroy())
  onward.on('error', () => outgoing.destroy())
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers)
    answer.pipe(outgoing)
  })
  incoming.pipe(onward)
}
