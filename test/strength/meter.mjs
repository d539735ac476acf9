// Loaded into a process before its program: tells on SIGUSR2, in a line of JSON to standard error, what the process holds,
// and how long it was at one thing since it last told. That is counted in time of its processor, which others on the
// machine do not stretch; on Linux of its main thread alone, which is what others wait for.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const TICK_MS = 10

let heldMs = 0
let before = usedMs()

function usedMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}

function look() {
  const now = usedMs()
  heldMs = Math.max(heldMs, now - before)
  before = now
}
setInterval(look, TICK_MS).unref()

setFlagsFromString('--expose-gc')

process.on('SIGUSR2', () => {
  look()
  const held = heldMs
  heldMs = 0
  runInNewContext('gc()')
  const { heapUsed, rss } = process.memoryUsage()
  process.stderr.write(`${JSON.stringify({ heldMs: held, heapUsed, rss })}\n`)
  before = usedMs()
})
