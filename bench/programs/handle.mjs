// mock.handle with plain data.
import { createRunnerMock } from '../../dist/index.js'
import { makeWorld, settings } from '../world.mjs'
import { microsecondsAtOnce } from './timing.mjs'

const scale = Number(process.argv[2])
const { snapshot, requests } = await makeWorld()
const mock = createRunnerMock({ settings })
mock.restore(snapshot)
const perSecond = (micros) => Math.round(1e6 / micros)
const results = {}
for (const { name, url, ...rest } of requests.filter(({ method }) => method === 'GET')) {
  // As from a socket: each request brings a new string, of which nothing is known yet.
  const bytes = Buffer.from(url)
  const call = () => mock.handle({ ...rest, url: bytes.latin1Slice() })
  results[name] = perSecond(microsecondsAtOnce(20_000 * scale, call))
}
await mock.close()
console.log(JSON.stringify({ handlePerSecond: results }))
