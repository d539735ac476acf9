// mock.fetch beside the cost of making and reading the Fetch objects alone.
import { createRunnerMock } from '../../dist/index.js'
import { median } from '../statistics.mjs'
import { makeWorld, settings } from '../world.mjs'
import { microseconds } from './timing.mjs'

const scale = Number(process.argv[2])
const { snapshot, requests } = await makeWorld()
const mock = createRunnerMock({ settings })
mock.restore(snapshot)
const { url, headers, answer } = requests.find(({ name }) => name === 'getRunner')
const makeRequest = () => new Request(`http://127.0.0.1/api${url}`, { headers })
const { status, headers: replyHeaders, body } = answer

// Reading is what nobody can do without who answers: what is asked for, and by whom.
const read = ({ method, url, headers: sent }) => [method, url, sent.get('authorization'), sent.get('comet-workspace')]
const alone = async () => {
  if (read(makeRequest())[3] === null) throw new Error('The request has lost its header.')
  await new Response(body, { status, headers: replyHeaders }).json()
}
const ours = async () => (await mock.fetch(makeRequest())).json()
// Several times each, in turn: the garbage of one is collected in the other's time, and a disturbance meets both.
const times = 2_500 * scale
const turns = []
for (let turn = 0; turn < 7; turn++) turns.push([await microseconds(times, alone), await microseconds(times, ours)])
const column = (place) => median(turns.map((turn) => turn[place]))
await mock.close()
const ratio = median(turns.map(([aloneMicros, oursMicros]) => oursMicros / aloneMicros))
console.log(JSON.stringify({ fetch: { aloneMicros: column(0), oursMicros: column(1), ratio } }))
