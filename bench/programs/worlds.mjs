// What a world beside others costs on one server: the first request that makes it, memory, and each request in it.
import { createRunnerMock } from '../../dist/index.js'
import { serve } from '../../dist/mocks/adapters/node.js'
import { median } from '../statistics.mjs'

const COUNT = 30
const TURNS = 200

const scenario = process.argv[2]
const create = () => createRunnerMock({ scenario })
const server = await serve(create(), { port: 0, worlds: { create, most: COUNT + 1 } })

const used = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

async function timeOf(name) {
  const headers = name === undefined ? {} : { 'x-mock-world': name }
  const begun = performance.now()
  const answer = await fetch(`${server.url}/v1/private/projects`, { headers })
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`world ${name} answered ${answer.status}`)
  return performance.now() - begun
}

async function timesOf(name, turns) {
  const times = []
  for (let turn = 0; turn < turns; turn++) times.push(await timeOf(name))
  return median(times)
}

await timeOf('warm-up')
await timesOf(undefined, TURNS)
const before = used()
const first = []
for (let at = 0; at < COUNT; at++) first.push(await timeOf(`test-${at}`))
const bytes = (used() - before) / COUNT
const plainMs = await timesOf(undefined, TURNS)
const namedMs = await timesOf('test-1', TURNS)
console.log(JSON.stringify({ scenario, bytes: Math.round(bytes), firstMs: median(first), plainMs, namedMs }))
await server.close()
