// One process behind nginx and two of them, by the shipped configuration, creating jobs in a hundred workspaces. On a
// machine with two cores the load and nginx need their share of both, so what the mocks spend on a request is told, too.
import { createRunnerMock } from '../../dist/index.js'
import { missingNginx, startNginx } from '../../scripts/programs.mjs'
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
  const { snapshot, projects } = await makeWorkspaces()
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
      const cpuSeconds = () => servers.reduce((sum, server) => sum + server.cpuSeconds(), 0)
      const before = cpuSeconds()
      const { perSecond, requests, refused } = await loadScript({
        url: `${proxy.origin}/`,
        script: scriptFor(projects),
        seconds,
        folder,
      })
      if (refused > 0) throw new Error(`${refused} of ${requests} requests through nginx were refused.`)
      const mockMicros = ((cpuSeconds() - before) / requests) * 1e6
      samples[name].push({ perSecond, mockMicros })
      say(`${name} behind nginx: ${Math.round(perSecond)}/s, ${mockMicros.toFixed(1)} us of the mocks for each`)
      await proxy.stop()
      await Promise.all(servers.map((server) => server.stop()))
    }
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, rounds]) => [
      name,
      {
        perSecond: Math.round(median(rounds.map(({ perSecond }) => perSecond))),
        mockMicros: median(rounds.map(({ mockMicros }) => mockMicros)),
      },
    ]),
  )
}

async function makeWorkspaces() {
  const mock = createRunnerMock({ settings })
  const projects = []
  for (let number = 0; number < WORKSPACES; number++) {
    const workspace = `team-${number}`
    const runner = await mock.given.connectedRunner({ agents: ['echo'], as: { workspace } })
    projects.push({ workspace, id: runner.projectId })
  }
  const snapshot = mock.snapshot()
  await mock.close()
  return { snapshot, projects }
}

/** Each request creates a job in the next workspace. */
function scriptFor(projects) {
  const entries = projects.map(({ workspace, id }) => {
    const body = JSON.stringify({
      project_id: id,
      agent_name: 'echo',
      inputs: { message: 'Hello there, how are you?' },
    })
    const headers = `{ ["Comet-Workspace"] = "${workspace}", ["Content-Type"] = "application/json" }`
    return `wrk.format("POST", "/api/v1/private/local-runners/jobs", ${headers}, ${JSON.stringify(body)})`
  })
  return `local all = {}
init = function() all = { ${entries.join(', ')} } end
local turn = 0
request = function() turn = turn % #all + 1 return all[turn] end`
}
