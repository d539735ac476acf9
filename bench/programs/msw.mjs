// Through MSW in Node: fetch against our handler beside fetch against a trivial one that answers the same bytes.
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { createRunnerMock } from '../../dist/index.js'
import { handlers } from '../../dist/mocks/adapters/msw.js'
import { makeWorld, settings } from '../world.mjs'
import { microseconds } from './timing.mjs'

const scale = Number(process.argv[2])
const { snapshot, requests } = await makeWorld()
const mock = createRunnerMock({ settings })
mock.restore(snapshot)
const { url, headers, answer } = requests.find(({ name }) => name === 'getRunner')
const ours = handlers(mock)
const trivial = [http.all('*', () => new HttpResponse(answer.body, { status: answer.status, headers: answer.headers }))]

async function measure(set) {
  const server = setupServer(...set)
  server.listen({ onUnhandledRequest: 'error' })
  try {
    return await microseconds(400 * scale, async () => (await fetch(`http://127.0.0.1/api${url}`, { headers })).json())
  } finally {
    server.close()
  }
}

const samples = []
for (let turn = 0; turn < 3; turn++) samples.push([await measure(trivial), await measure(ours)])
const [trivialMicros, oursMicros] = [0, 1].map((column) => Math.min(...samples.map((sample) => sample[column])))
await mock.close()
console.log(JSON.stringify({ msw: { trivialMicros, oursMicros, ratio: oursMicros / trivialMicros } }))
