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
for (const { name, ...exchange } of requests.filter(({ method }) => method === 'GET')) {
  results[name] = perSecond(microsecondsAtOnce(20_000 * scale, () => mock.handle(exchange)))
}
await mock.close()
console.log(JSON.stringify({ handlePerSecond: results }))
