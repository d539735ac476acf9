// Ten thousand parked long polls in one `serve`: how long a created job takes to reach its poller, what a parked poll
// costs in memory, and whether everything is let go when the clients hang up.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRunnerMock } from '../../dist/index.js'
import { at } from '../peers.mjs'
import { startServer } from '../server.mjs'
import { settings } from '../world.mjs'

const run = promisify(execFile)

/** @param {import('../stage.mjs').Stage} stage */
export async function measurePolls({ peers, nodeOf, folder, runners, jobsPerSecond, pollSeconds, freePort, say }) {
  const peer = peers.find(({ isOwn }) => isOwn)
  const { snapshot, list } = await makeRunners(runners)
  const file = join(folder, 'runners.json')
  writeFileSync(file, JSON.stringify(list))
  const port = await freePort()
  const server = await startServer({ node: nodeOf(peer), args: peer.args(port), port })
  try {
    const origin = `http://127.0.0.1:${port}`
    const put = await fetch(`${origin}/__admin/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
    if (put.status !== 204) throw new Error(`The state was not taken: ${put.status}`)
    const memoryBefore = server.memory()
    const program = run(
      'taskset',
      [
        '-c',
        '1',
        process.execPath,
        at('programs/pollers.mjs'),
        origin + peer.base,
        file,
        String(jobsPerSecond),
        String(pollSeconds),
      ],
      { maxBuffer: 1e8 },
    )
    const parkedMemory = await untilParked(server, runners * 2)
    const { stdout } = await program
    const measured = JSON.parse(stdout)
    const left = await untilGone(server)
    const result = {
      ...measured,
      bytesPerPoll: Math.round((parkedMemory - memoryBefore) / (runners * 2)),
      socketsLeft: left,
      memoryAfterMb: server.memory() / 1e6,
    }
    say(JSON.stringify(result))
    return result
  } finally {
    await server.stop()
  }
}

/** Runners of as many users, since a user has one endpoint runner per project. */
async function makeRunners(count) {
  const mock = createRunnerMock({
    settings: { ...settings, next_job_poll_timeout_seconds: 3600, bridge_poll_timeout_seconds: 3600 },
  })
  const list = []
  for (let number = 0; number < count; number++) {
    const apiKey = `key-${number}`
    const { id, projectId } = await mock.given.connectedRunner({ agents: ['echo'], as: { apiKey } })
    list.push({ id, projectId, apiKey })
  }
  const snapshot = mock.snapshot()
  await mock.close()
  return { snapshot, list }
}

function sockets({ pid }) {
  return existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`).length : 0
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function untilParked(server, polls) {
  while (sockets(server) < polls) await pause(20)
  await pause(500)
  return server.memory()
}

async function untilGone(server) {
  for (let turn = 0; turn < 100 && sockets(server) > 100; turn++) await pause(50)
  return Math.max(0, sockets(server) - 100)
}
