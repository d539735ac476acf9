// Loaded into a process before its program: tells on SIGUSR2, in a line of JSON to standard error, what the process holds,
// and how long it was at one thing. That is counted in time of its processor, which others on the machine do not stretch.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const TICK_MS = 10

let heldMs = 0
let before = process.cpuUsage()
setInterval(() => {
  const { user, system } = process.cpuUsage(before)
  heldMs = Math.max(heldMs, (user + system) / 1000)
  before = process.cpuUsage()
}, TICK_MS).unref()

setFlagsFromString('--expose-gc')

process.on('SIGUSR2', () => {
  const held = heldMs
  runInNewContext('gc()')
  const { heapUsed, rss } = process.memoryUsage()
  process.stderr.write(`${JSON.stringify({ heldMs: held, heapUsed, rss })}\n`)
  before = process.cpuUsage()
})
