// Servers that somebody has begun to build: each has a part of the API, in a way of its own, and says nothing about the rest.
import { Agent, createServer, request } from 'node:http'

const HEALTHY = { message: 'Healthy Server', healthy: true }
const EMPTY_PAGE = { page: 1, size: 0, total: 0, content: [] }

function sendJson(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const notFound = (response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page')
const isPing = ({ url }) => url.endsWith('/is-alive/ping')
const isBridge = ({ url }) => url.includes('/bridge/commands')
const isList = ({ method, url }) => method === 'GET' && /\/(local-runners|jobs|projects)(\?|$)/.test(url)

/** The servers by their names: what they do with a request, and the operation that is to be built next. */
export const partialServers = {
  'nothing but 404': { next: 'createProject', answer: (_, response) => notFound(response) },
  'lists only': {
    next: 'createProject',
    answer(incoming, response) {
      if (isPing(incoming)) sendJson(response, 200, HEALTHY)
      else if (isList(incoming)) sendJson(response, 200, EMPTY_PAGE)
      else notFound(response)
    },
  },
  'all but bridge': {
    next: 'createBridgeCommand',
    answer: (incoming, response, forward) => (isBridge(incoming) ? notFound(response) : forward()),
  },
  '500 always': { next: 'createProject', answer: (_, response) => sendJson(response, 500, { error: 'out of order' }) },
  'alive and then silent': {
    next: 'createProject',
    answer: (incoming, response) => void (isPing(incoming) && sendJson(response, 200, HEALTHY)),
  },
}

/** Listens on a free loopback port; what it passes on goes to the server at `origin`. */
export async function startPartialServer(name, origin) {
  const agent = new Agent({ keepAlive: true })
  const { answer } = partialServers[name]
  const server = createServer((incoming, response) => {
    answer(incoming, response, () => {
      const { method, url, headers } = incoming
      const onward = request(`${origin}${url}`, { method, headers, agent })
      response.on('close', () => onward.destroy())
      onward.on('error', () => response.destroy())
      onward.on('response', (reply) => {
        response.writeHead(reply.statusCode, reply.headers)
        reply.pipe(response)
      })
      incoming.pipe(onward)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/api`,
    close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
