// What `watch` adds to a call: the same calls by turns straight to a mock and through the proxy in front of it.
// node bench/watch-relay.mjs [--calls 3000]   (after npm run build)
import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { calls: { type: 'string', default: '3000' } } })
const COMMAND = new URL('../dist/cli/main.js', import.meta.url).pathname

/** Starts a command that listens, and tells where. */
function start(...args) {
  const child = spawn(process.execPath, [COMMAND, ...args, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(text)))
    const hear = (chunk) => {
      text += chunk
      const [, url] = /listening on (http:\/\/[\d.:]+)/.exec(text) ?? []
      if (url !== undefined) resolve({ child, url })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
  })
}

function call(agent, url, method, body) {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
    const sent = request(url, { method, agent, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve({ ms: performance.now() - started }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const kinds = {
  'listRunners ': ['GET', `local-runners/?project_id=${PROJECT}&size=50`],
  'createJob   ': ['POST', 'local-runners/jobs', JSON.stringify({ agent_name: 'none', project_id: PROJECT })],
}

const mock = await start('serve', '--quiet')
const proxy = await start('watch', mock.url)
try {
  const places = { direct: mock.url, through: proxy.url }
  const agents = { direct: new Agent({ keepAlive: true }), through: new Agent({ keepAlive: true }) }
  for (const [kind, [method, path, body]] of Object.entries(kinds)) {
    const taken = { direct: [], through: [] }
    for (let turn = 0; turn < 2 * Number(values.calls); turn++) {
      const place = turn % 2 === 0 ? 'direct' : 'through'
      const { ms } = await call(agents[place], `${places[place]}/api/v1/private/${path}`, method, body)
      // The first hundred warm up.
      if (turn >= 200) taken[place].push(ms)
    }
    const at = (place, part) => taken[place].toSorted((a, b) => a - b)[Math.floor(part * taken[place].length)]
    const shown = (part) =>
      `${at('direct', part).toFixed(2)} ms direct, ${at('through', part).toFixed(2)} ms through, ${(at('through', part) - at('direct', part)).toFixed(2)} ms more`
    console.log(`${kind} median: ${shown(0.5)}; 95th of 100: ${shown(0.95)}`)
  }
  for (const agent of Object.values(agents)) agent.destroy()
} finally {
  proxy.child.kill()
  mock.child.kill()
}
