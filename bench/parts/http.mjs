// Requests per second over HTTP, our server beside its peers: all are asked in turn, several times over, so that a
// disturbance of the machine meets all of them, and the median counts.
import { startServer } from '../server.mjs'
import { median } from '../statistics.mjs'
import { load } from '../wrk.mjs'

const REFUSED_BODY = '{"agent_name":7}'

/** @param {import('../stage.mjs').Stage} stage */
export async function measureHttp({ peers, requests, snapshot, nodeOf, folder, seconds, rounds, freePort, say }) {
  const samples = new Map(peers.map((peer) => [peer.name, new Map(requests.map(({ name }) => [name, []]))]))
  const notes = new Map()
  const memory = new Map(peers.map(({ name }) => [name, []]))
  const measurePeer = async (peer, isFirstTime) => {
    const port = await freePort()
    const server = await startServer({ node: nodeOf(peer), args: peer.args(port), port })
    const origin = `http://127.0.0.1:${port}`
    try {
      if (peer.isOwn) await putState(origin, snapshot)
      for (const request of creationLast(requests)) {
        const target = { ...request, url: origin + peer.base + request.url, folder, seconds }
        await load({ ...target, seconds: 1 })
        const sample = await measureRequest(server, target)
        samples.get(peer.name).get(request.name).push(sample)
        // Only ours keeps what is created: memory is compared where all have had the same to do.
        if (request.name !== 'createJob') memory.get(peer.name).push(server.memory() / 1e6)
        say(
          `${peer.name}: ${request.name} ${Math.round(sample.perSecond)}/s, ${sample.cpuMicros.toFixed(1)} us of its core`,
        )
      }
      if (!isFirstTime) return
      notes.set(peer.name, { validates: await validates(origin, peer, requests) })
    } finally {
      await server.stop()
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) await measurePeer(peer, round === 0)
  }
  return peers.map((peer) => ({
    name: peer.name,
    version: peer.version,
    ...notes.get(peer.name),
    // One look would tell how full of garbage the heap just was.
    memoryMb: median(memory.get(peer.name)),
    perSecond: Object.fromEntries(
      requests.map(({ name }) => [
        name,
        Math.round(
          median(
            samples
              .get(peer.name)
              .get(name)
              .map((sample) => sample.perSecond),
          ),
        ),
      ]),
    ),
    cpuMicros: Object.fromEntries(
      requests.map(({ name }) => [
        name,
        median(
          samples
            .get(peer.name)
            .get(name)
            .map((sample) => sample.cpuMicros),
        ),
      ]),
    ),
    refused: requests
      .filter(({ name }) =>
        samples
          .get(peer.name)
          .get(name)
          .some(({ refused }) => refused > 0),
      )
      .map(({ name }) => name),
  }))
}

const creationLast = (requests) =>
  [...requests].sort((a, b) => Number(a.name === 'createJob') - Number(b.name === 'createJob'))

async function measureRequest(server, target) {
  const cpuBefore = server.cpuSeconds()
  const { perSecond, requests: count, refused } = await load(target)
  return { perSecond, refused, cpuMicros: ((server.cpuSeconds() - cpuBefore) / count) * 1e6 }
}

/** Whether a body that breaks the schema is refused: a peer that has switched validation off must not look fast for it. */
async function validates(origin, { base, isFixed }, requests) {
  if (isFixed) return null
  const { url, method, headers } = requests.find(({ name }) => name === 'createJob')
  const { status } = await fetch(origin + base + url, { method, headers, body: REFUSED_BODY })
  return status >= 400 && status < 500
}

async function putState(origin, snapshot) {
  const { status } = await fetch(`${origin}/__admin/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
  if (status !== 204) throw new Error(`The state was not taken: ${status}`)
}
