// One process behind nginx and two of them, by the shipped configuration, with requests of a hundred workspaces. On a
// machine with two cores the load and nginx need their share of both, so the gain is less than it is with more cores.
import { createRunnerMock } from '../../dist/index.js'
import { missingNginx, startNginx } from '../../scripts/nginx.mjs'
import { startServer } from '../server.mjs'
import { median } from '../statistics.mjs'
import { loadScript } from '../wrk.mjs'
import { settings } from '../world.mjs'

const WORKSPACES = 100

/** @param {import('../stage.mjs').Stage} stage */
export async function measureScaleOut({ peers, nodeOf, folder, seconds, rounds, freePort, say }) {
  const missing = missingNginx()
  if (missing !== undefined) throw new Error(missing)
  const peer = peers.find(({ isOwn }) => isOwn)
  const { snapshot, paths } = await makeWorkspaces()
  const samples = { one: [], two: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, cores] of Object.entries({ one: [0], two: [0, 1] })) {
      const ports = await Promise.all(cores.map(() => freePort()))
      const servers = await Promise.all(
        ports.map((port, place) => startServer({ node: nodeOf(peer), args: peer.args(port), port, cpu: cores[place] })),
      )
      for (const port of ports)
        await fetch(`http://127.0.0.1:${port}/__admin/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
      const proxy = await startNginx(ports)
      const { perSecond } = await loadScript({
        url: `${proxy.origin}/`,
        script: scriptFor(paths),
        seconds,
        folder,
      })
      samples[name].push(perSecond)
      say(`${name} behind nginx: ${Math.round(perSecond)}/s`)
      await proxy.stop()
      await Promise.all(servers.map((server) => server.stop()))
    }
  }
  const [one, two] = [median(samples.one), median(samples.two)]
  return { one: Math.round(one), two: Math.round(two), gain: two / one }
}

async function makeWorkspaces() {
  const mock = createRunnerMock({ settings })
  const paths = []
  for (let number = 0; number < WORKSPACES; number++) {
    const workspace = `team-${number}`
    const runner = await mock.given.connectedRunner({ agents: ['echo'], as: { workspace } })
    for (let job = 0; job < 25; job++) await mock.given.job({ runner, status: 'completed' })
    paths.push({ workspace, path: `/api/v1/private/local-runners/${runner.id}/jobs?size=25` })
  }
  const snapshot = mock.snapshot()
  await mock.close()
  return { snapshot, paths }
}

/** Each request is of the next workspace. */
function scriptFor(paths) {
  const entries = paths.map(
    ({ workspace, path }) => `wrk.format("GET", "${path}", { ["Comet-Workspace"] = "${workspace}" })`,
  )
  return `local all = {}
init = function() all = { ${entries.join(', ')} } end
local turn = 0
request = function() turn = turn % #all + 1 return all[turn] end`
}
