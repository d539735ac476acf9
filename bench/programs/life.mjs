// Making and resetting mocks.
import { performance } from 'node:perf_hooks'
import { createRunnerMock } from '../../dist/index.js'
import { microseconds } from './timing.mjs'

const scale = Number(process.argv[2])
const started = performance.now()
const first = createRunnerMock()
const firstMs = performance.now() - started
const mocks = []
const createMicros = await microseconds(200 * scale, () => mocks.push(createRunnerMock()))
const resetMicros = await microseconds(500 * scale, () => first.reset())
await Promise.all([first, ...mocks].map((mock) => mock.close()))
console.log(JSON.stringify({ createMs: createMicros / 1000, firstCreateMs: firstMs, resetMs: resetMicros / 1000 }))
