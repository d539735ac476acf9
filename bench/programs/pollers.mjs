// The clients of the parked polls: one connection per poll, jobs created at a steady rate for runners in turn, and the
// time from sending a creation to having its job in hand. Hangs up on everything at the end.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../statistics.mjs'

const [base, file, rate, seconds] = process.argv.slice(2)
const runners = JSON.parse(readFileSync(file, 'utf8'))
const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
const open = new Set()
const latencies = []
const sentAt = new Map()
let isOver = false

function send(method, path, apiKey, body, done) {
  const headers = {
    authorization: apiKey,
    'comet-workspace': 'default',
    ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  }
  const call = request(base + path, { method, agent, headers }, (response) => {
    let text = ''
    response
      .setEncoding('utf8')
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        open.delete(call)
        done(response.statusCode, text)
      })
    response.on('error', () => open.delete(call))
  })
  open.add(call)
  call.on('error', (error) => {
    open.delete(call)
    if (!isOver) throw error
  })
  call.end(body)
}

function pollJobs({ id, apiKey }) {
  send('POST', `/v1/private/local-runners/${id}/jobs/next`, apiKey, undefined, (status, text) => {
    if (isOver) return
    const job = JSON.parse(text)
    if (status !== 200 || job === null) throw new Error(`nextJob answered ${status}: ${text}`)
    latencies.push(performance.now() - sentAt.get(job.inputs.number))
    pollJobs({ id, apiKey })
  })
}

function pollBridge({ id, apiKey }) {
  send('POST', `/v1/private/local-runners/${id}/bridge/commands/next`, apiKey, '{"max_commands":1}', (status, text) => {
    if (!isOver) throw new Error(`nextBridgeCommands answered ${status}: ${text}`)
  })
}

for (const [place, runner] of runners.entries()) {
  pollJobs(runner)
  pollBridge(runner)
  // As many connections at once as a listening socket queues would be dropped and tried again.
  if (place % 50 === 49) await delay(5)
}
await delay(2000)

const total = Number(rate) * Number(seconds)
const started = performance.now()
let refused = 0
for (let number = 0; number < total; number++) {
  const ahead = started + (number / Number(rate)) * 1000 - performance.now()
  if (ahead > 1) await delay(ahead)
  const { projectId, apiKey } = runners[(number * 7919) % runners.length]
  sentAt.set(number, performance.now())
  const body = JSON.stringify({ project_id: projectId, agent_name: 'echo', inputs: { number } })
  send('POST', '/v1/private/local-runners/jobs', apiKey, body, (status) => {
    if (status !== 201) refused += 1
  })
}
while (latencies.length + refused < total && performance.now() - started < (Number(seconds) + 20) * 1000)
  await delay(20)
const result = {
  polls: runners.length * 2,
  jobs: total,
  delivered: latencies.length,
  refused,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  maxMs: Math.max(...latencies),
}
isOver = true
for (const call of open) call.destroy()
agent.destroy()
console.log(JSON.stringify(result))
