// What `watch` names of the mistakes of mutants: a plain client calls each of them, and where that gets it another answer
// than the mock's, the verdicts on its traffic are counted. `npm run test:mutants -- --watched`.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type RecordingHeader } from '../../src/contracts/watch/judge-recording.js'
import { gunzipKeyBody } from '../../src/contracts/target/unpack-body.js'
import { deriveBridgeKey, signActivation, signBridge } from '../../src/kernel/pairing.js'
import { recordInMemory } from '../../src/kernel/recording/recorder.js'
import { headersOf, type ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { putBefore } from './broken-mock.js'
import { mutants } from './catalogue.js'
import type { Mutant } from './mutant.js'
import { textIn } from './reply.js'

const NS_PER_MS = 1e6
const START = '2026-11-01T00:00:00Z'
/** Real time after which a mutant is taken to keep its client waiting for ever. */
const MAX_MS = 5000

/** The client: a runner of each kind, whoever pairs and uses them, and nothing out of the ordinary. */
async function play(mock: RunnerMock) {
  const zero = mock.clock.now()
  const header: RecordingHeader = { format: 'opik-runner-recording/1', settings: {}, base_path: '' }
  const answers: string[] = []
  const now = (): number => (mock.clock.now() - zero) * NS_PER_MS
  const { recorder, recording } = recordInMemory(header, { now, gunzip: gunzipKeyBody })
  const send = async (method: string, path: string, body?: unknown): Promise<ApiResponse> => {
    await mock.clock.advance({ seconds: 0.05 })
    const url = `/v1/private/${path}`
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const [asked = '', query] = url.split('?')
    const heard = { method, path: asked, query, headers, body: text, user: '', workspace: 'default' }
    const call = recorder.begin(heard)
    const at = answers.push('') - 1
    const reply = await mock.handle({ method, url, headers, ...(text === undefined ? {} : { body: text }) })
    call.answered({ status: reply.status, headers: headersOf(reply.headers), body: reply.body })
    answers[at] = `${method} ${path} ${reply.status} ${JSON.stringify(reply.headers)} ${reply.body}`
    return reply
  }
  const bodyOf = ({ body }: ApiResponse): unknown => {
    try {
      return JSON.parse(body) as unknown
    } catch {
      return undefined
    }
  }
  const idIn = ({ headers }: ApiResponse): string => (headersOf(headers)['location'] ?? '').split('/').at(-1) ?? ''
  const project = idIn(await send('POST', 'projects', { name: 'watched' }))
  const pair = async (type: 'endpoint' | 'connect') => {
    const key = new Uint8Array(createHash('sha256').update(type).digest())
    const sent = { project_id: project, activation_key: Buffer.from(key).toString('base64'), type }
    const session = bodyOf(await send('POST', 'pairing/sessions', sent))
    const [id, runner] = [textIn(session, 'session_id'), textIn(session, 'runner_id')]
    await send('GET', `local-runners/${runner}`)
    const hmac = await signActivation(key, id, type)
    await send('POST', `pairing/sessions/${id}/activate`, { runner_name: type, hmac })
    await send('GET', `local-runners/${runner}`)
    return { runner, bridgeKey: await deriveBridgeKey(key, id) }
  }
  const { runner } = await pair('endpoint')
  const own = `local-runners/${runner}`
  await send('PUT', `${own}/agents`, { echo: { description: 'says it', timeout: 30 }, other: {} })
  await send('POST', `${own}/heartbeats`, { capabilities: ['jobs'] })
  await send('PATCH', `${own}/checklist`, { child_status: 'running', deep: { a: 1 } })
  await send('PATCH', `${own}/checklist`, { deep: { b: [1] } })
  await send('GET', own)
  const create = async (n: number): Promise<string> =>
    idIn(await send('POST', 'local-runners/jobs', { agent_name: 'echo', project_id: project, inputs: { n } }))
  const poll = send('POST', `${own}/jobs/next`)
  const jobs = [await create(1)]
  await settled(mock, poll)
  jobs.push(await create(2), await create(3), await create(4))
  for (const job of jobs) await send('GET', `local-runners/jobs/${job}`)
  await send('POST', `local-runners/jobs/${jobs[3]}/cancel`)
  await settled(mock, send('POST', `${own}/jobs/next`))
  const [first, second, third] = jobs
  const trace = '0190b8d6-c000-7002-95f4-0016f0942871'
  await send('POST', `local-runners/jobs/${first}/results`, { status: 'running', trace_id: trace })
  await send('GET', `local-runners/jobs/${first}`)
  for (const text of ['one', 'two'])
    await send('POST', `local-runners/jobs/${first}/logs`, [{ stream: 'stdout', text }])
  await send('GET', `local-runners/jobs/${first}/logs`)
  await send('GET', `local-runners/jobs/${first}/logs?offset=1`)
  await send('POST', `local-runners/jobs/${first}/results`, { status: 'completed', result: { n: 1 } })
  await send('POST', `local-runners/jobs/${second}/results`, { status: 'failed', error: 'it broke' })
  for (const job of jobs) await send('GET', `local-runners/jobs/${job}`)
  await settled(mock, send('POST', `${own}/jobs/next`))
  await send('POST', `local-runners/jobs/${third}/cancel`)
  await send('POST', `${own}/heartbeats`)
  await send('POST', `${own}/heartbeats`)
  await settled(mock, send('POST', `${own}/jobs/next`))
  await send('GET', `${own}/jobs`)
  await send('GET', `${own}/jobs?page=1&size=2`)
  await send('GET', `local-runners/?project_id=${project}&size=50`)

  const { runner: bridge, bridgeKey } = await pair('connect')
  const commands = `local-runners/${bridge}/bridge/commands`
  await send('POST', `local-runners/${bridge}/heartbeats`, { capabilities: ['jobs', 'bridge'] })
  const submit = async (type: string, args: Record<string, unknown>): Promise<string> => {
    const _hmac = await signBridge(bridgeKey, type, args)
    return textIn(bodyOf(await send('POST', commands, { type, args: { ...args, _hmac } })), 'command_id')
  }
  const waits = send('POST', `${commands}/next`, { max_commands: 5 })
  const read = await submit('ReadFile', { path: 'a.txt' })
  await settled(mock, waits)
  const reader = send('GET', `${commands}/${read}?wait=true&timeout=5`)
  await send('POST', `${commands}/${read}/results`, { status: 'completed', result: { content: 'a' }, duration_ms: 3 })
  await settled(mock, reader)
  const [write, list] = [
    await submit('WriteFile', { path: 'b', content: 'c' }),
    await submit('ListFiles', { path: '.' }),
  ]
  await send('GET', `${commands}/${write}`)
  await settled(mock, send('POST', `${commands}/next`, { max_commands: 1 }))
  await settled(mock, send('POST', `${commands}/next`))
  await send('POST', `${commands}/${write}/results`, { status: 'failed', error: { code: 'blocked', message: 'no' } })
  await send('GET', `${commands}/${write}`)
  await send('POST', `${commands}/${list}/results`, { status: 'completed', result: { files: [] } })
  await send('GET', `${commands}/${list}`)
  await settled(mock, send('POST', `${commands}/next`))
  await send('GET', `local-runners/?project_id=${project}&status=connected`)
  await mock.clock.advance({ seconds: 20 })
  await send('GET', own)
  await send('POST', `${own}/heartbeats`)
  await send('GET', own)
  await send('DELETE', own)
  await send('GET', own)
  await send('GET', `local-runners/jobs/${first}`)
  await send('POST', `${own}/heartbeats`)
  await send('GET', `local-runners/?project_id=${project}`)
  return { answers, ...recording() }
}

/** Waits for a poll; the time for which it may be held passes. */
async function settled(mock: RunnerMock, poll: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  void poll.then(() => over.abort())
  for (let second = 0; second < 40 && !over.signal.aborted; second++) await mock.clock.advance({ seconds: 1 })
  await poll
}

type Outcome = 'same' | 'named' | 'missed' | 'stuck'

async function watch(mutant: Mutant, sane: readonly string[]): Promise<{ outcome: Outcome; rules: string[] }> {
  const mock = createRunnerMock({ settings: mutant.settings, now: START, frozen: true })
  const broken = mutant.spoil === undefined ? mock : putBefore(mock, [mutant])
  const over = new AbortController()
  const late = sleep(MAX_MS, undefined, over).catch(() => undefined)
  const traffic = await Promise.race([play(broken).catch(() => undefined), late])
  over.abort()
  if (traffic === undefined) return { outcome: 'stuck', rules: [] }
  const isSame = traffic.answers.length === sane.length && traffic.answers.every((answer, at) => answer === sane[at])
  if (isSame) return { outcome: 'same', rules: [] }
  const { verdicts } = judge(traffic, { startsEmpty: true, sides: ['server'] })
  const rules = [...new Set(verdicts.map(({ rule }) => rule))]
  return { outcome: rules.length > 0 ? 'named' : 'missed', rules }
}

const sane = await play(createRunnerMock({ now: START, frozen: true }))
const { verdicts } = judge(sane, { startsEmpty: true })
if (verdicts.length > 0) throw new Error(`The mock itself is blamed: ${JSON.stringify(verdicts, null, 2)}`)
const seen: Record<Outcome, string[]> = { same: [], named: [], missed: [], stuck: [] }
for (const mutant of mutants) {
  const { outcome, rules } = await watch(mutant, sane.answers)
  seen[outcome].push(mutant.id)
  if (outcome !== 'same') console.log(`${outcome.padEnd(6)}  ${mutant.id}  ${rules.join(', ')}`)
}
const changed = seen.named.length + seen.missed.length
const share = ((100 * seen.named.length) / changed).toFixed(0)
console.log(
  `${mutants.length} mutants: ${seen.same.length} show this client nothing, ${seen.stuck.length} keep it waiting or confuse it; of ${changed} that change an answer ${seen.named.length} are named (${share} %)`,
)
if (seen.named.length < 0.9 * changed) process.exitCode = 1
process.exit()
