// The cost of operations beside so many finished jobs of one runner, and what one of these takes in memory.
import { createRunnerMock } from '../../dist/index.js'
import { settings } from '../world.mjs'
import { callsOf, timeOperations } from './operations.mjs'

const count = Number(process.argv[2])
const mock = createRunnerMock({ settings, journalSize: 100 })
const runner = await mock.given.connectedRunner({ agents: ['echo'] })
const calls = callsOf(mock, runner)
const play = () => {
  const job = calls.create()
  calls.next()
  calls.complete(job)
}
for (let job = 0; job < 100; job++) play()
const used = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
const before = used()
for (let job = 0; job < count; job++) play()
const bytesPerJob = (used() - before) / count
console.log(JSON.stringify({ count, bytesPerJob: Math.round(bytesPerJob), micros: timeOperations(calls) }))
await mock.close()
