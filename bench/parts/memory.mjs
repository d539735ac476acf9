// Resident memory of `serve` over a million requests that read, beat and fail: what stays is what leaks.
import { startServer } from '../server.mjs'
import { load } from '../wrk.mjs'

/** @param {import('../stage.mjs').Stage} stage */
export async function measureMemory({ peers, requests, snapshot, nodeOf, folder, millions, freePort, say }) {
  const peer = peers.find(({ isOwn }) => isOwn)
  const port = await freePort()
  const server = await startServer({ node: nodeOf(peer), args: peer.args(port), port })
  const origin = `http://127.0.0.1:${port}`
  try {
    await fetch(`${origin}/__admin/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
    const reading = requests.filter(({ method }) => method === 'GET')
    const refused = {
      name: 'refused',
      method: 'POST',
      url: '/v1/private/local-runners/jobs',
      headers: { 'content-type': 'application/json' },
      body: '{"agent_name":7}',
    }
    const points = [{ requests: 0, mb: server.memory() / 1e6 }]
    for (let sent = 0, turn = 0; sent < millions * 1e6; turn++) {
      const all = [...reading, refused]
      const request = all[turn % all.length]
      sent += (await load({ ...request, url: origin + peer.base + request.url, seconds: 3, folder })).requests
      points.push({ requests: sent, mb: server.memory() / 1e6 })
      say(`${sent} requests: ${Math.round(points.at(-1).mb)} MB resident`)
    }
    return points
  } finally {
    await server.stop()
  }
}
