// A target that is not empty: a state with a thousand runners and ten thousand jobs of others, some of them in the caller's
// own workspace and under the caller's own name, and a way to keep a few of them alive while a trial runs.
import { createRunnerMock } from 'opik-runner-kit'

const RUNNERS = 1000
const JOBS = 10_000
const LIVE = 20
const HEARTBEAT_MS = 5000

/** What became of the jobs, in turn. */
const STATES = ['pending', 'running', 'completed', 'failed', 'cancelled']

/** Builds the crowd. Returns its snapshot, and the runners that a trial keeps alive. */
export async function createCrowd() {
  const mock = createRunnerMock({ seed: 23 })
  const runners = []
  for (let number = 0; number < RUNNERS; number++) {
    const as = callerOf(number)
    const { id: projectId } = await mock.given.project({ name: `others-${number}`, as })
    const type = number % 4 === 0 ? 'connect' : 'endpoint'
    runners.push(await mock.given.connectedRunner({ name: `other-${number}`, type, projectId, as, agents: ['echo'] }))
  }
  const endpoints = runners.filter((_, number) => number % 4 !== 0)
  for (let number = 0; number < JOBS; number++) {
    const status = STATES[number % STATES.length]
    await mock.given.job({ runner: endpoints[number % endpoints.length], status, inputs: { number } })
  }
  const crowd = { snapshot: mock.snapshot(), live: endpoints.slice(0, LIVE) }
  await mock.close()
  return crowd
}

/** A third belongs to the caller, a third to other users of the workspace, a third to other workspaces. */
function callerOf(number) {
  if (number % 3 === 0) return {}
  return number % 3 === 1 ? { apiKey: `other-user-${number % 20}` } : { workspace: `other-workspace-${number % 20}` }
}

/** Sends heartbeats for the live ones until the returned function is called; that one tells which of them are gone. */
export function keepAlive(url, live) {
  const call = ({ id, headers }, path, init) =>
    fetch(`${url}/v1/private/local-runners/${id}${path}`, { ...init, headers })
  const beat = () =>
    Promise.all(live.map((each) => call(each, '/heartbeats', { method: 'POST' }).catch(() => undefined)))
  void beat()
  const timer = setInterval(beat, HEARTBEAT_MS)
  return async () => {
    clearInterval(timer)
    const answers = await Promise.all(live.map(async (each) => (await call(each, '')).json()))
    return answers.filter(({ status }) => status !== 'connected').length
  }
}

/** What differs between two snapshots in what others own: runners and jobs that changed or are gone. */
export function changesIn(before, after) {
  const changed = (name, stateOf) => {
    const left = new Map(after.world[name].map((each) => [idOf(each), stateOf(each)]))
    return before.world[name].filter((each) => left.get(idOf(each)) !== stateOf(each)).length
  }
  const wireOf = ({ wire }) => JSON.stringify(wire)
  return { runners: changed('runners', wireOf), jobs: changed('jobs', wireOf) }
}

const idOf = ({ id, wire }) => id ?? wire.id
