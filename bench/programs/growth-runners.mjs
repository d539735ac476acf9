// The cost of operations of one runner beside so many others, all connected.
import { createRunnerMock } from '../../dist/index.js'
import { settings } from '../world.mjs'
import { callsOf, timeOperations } from './operations.mjs'

const count = Number(process.argv[2])
const mock = createRunnerMock({ settings, journalSize: 100 })
const used = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
const before = used()
let runner
for (let number = 0; number < count; number++) {
  runner = await mock.given.connectedRunner({ agents: ['echo'], as: { apiKey: `key-${number}` } })
}
const bytesPerRunner = (used() - before) / count
console.log(
  JSON.stringify({ count, bytesPerRunner: Math.round(bytesPerRunner), micros: timeOperations(callsOf(mock, runner)) }),
)
await mock.close()
