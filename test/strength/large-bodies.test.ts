// Bodies of megabytes, for operations that take what their callers like, against `serve` as a process: others wait at most
// half a second, or on a slow machine so much longer as reading such a body takes. Both are counted in time of a processor.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServe, type Served } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'
import { metered, readMeter } from './meter.js'

const folder = temporaryFolder()
const KEYS = 300_000
const LINES = 1000

const keys = `{${Array.from({ length: KEYS }, (_, at) => `"k${at}":${at % 10}`).join()}}`
const fractions = keys.replaceAll(/(?=[,}])/g, '.0')
const lines = JSON.stringify(
  Array.from({ length: LINES }, () => ({ stream: 'stdout', text: 'loss: 1.0 '.repeat(300) })),
)
const spans = (input: string, count: number): string => {
  const span = `"type":"general","start_time":"2026-01-01T00:00:00Z","input":${input}`
  return `[${Array.from({ length: count }, (_, at) => `{"id":"${idOf(at)}","trace_id":"${idOf(0)}",${span}}`).join()}]`
}
const idOf = (at: number): string => `0190babc-62a0-7000-8000-${String(at).padStart(12, '0')}`

/** The longest turn that is fair, in milliseconds; more on a machine where reading such a body takes longer. */
function fairMs(): number {
  const before = process.cpuUsage()
  JSON.parse(keys)
  const { user, system } = process.cpuUsage(before)
  return Math.max(500, ((user + system) / 1000) * 10)
}

describe.each([['serve'], ['serve --recording-out']])('%s', (command) => {
  let served: Served
  let send: (method: string, path: string, body: string) => Promise<Response>
  const place = { runner: '', connect: '', project: '', job: '' }

  beforeAll(async () => {
    const recording = command.includes('recording') ? ['--recording-out', folder.at('all.ndjson')] : []
    const settings = folder.write('settings.json', '{"heartbeat_ttl_seconds":86400}')
    served = await startServe(['--scenario', 'empty', '--settings', settings, ...recording], metered)
    send = (method, path, body) =>
      fetch(path.startsWith('http') ? path : `${served.url}/v1/private/${path}`, {
        ...{ method, body, headers: { 'content-type': 'application/json' } },
      })
    const give = async (what: string, options: object): Promise<Record<string, string>> => {
      const answer = await send('POST', `${served.admin}/given/${what}`, JSON.stringify(options))
      return (await answer.json()) as Record<string, string>
    }
    const { id: runner = '', project_id: project = '' } = await give('runner', { agents: ['echo'] })
    const { id: connect = '' } = await give('runner', { type: 'connect', project_id: project })
    const { id: job = '' } = await give('job', { runner, agent: 'echo', status: 'running' })
    Object.assign(place, { runner, connect, project, job })
  })
  afterAll(() => served.stop())

  const job = (inputs: string): string => `{"project_id":"${place.project}","agent_name":"echo","inputs":${inputs}}`
  it.each<[what: string, status: number, act: () => Promise<Response>]>([
    ['createJob with 300,000 keys', 201, () => send('POST', 'local-runners/jobs', job(keys))],
    ['createJob with 300,000 fractions', 201, () => send('POST', 'local-runners/jobs', job(fractions))],
    ['appendJobLogs of 3 MB', 204, () => send('POST', `local-runners/jobs/${place.job}/logs`, lines)],
    [
      'reportJobResult with 300,000 keys',
      204,
      () => send('POST', `local-runners/jobs/${place.job}/results`, `{"status":"running","result":${keys}}`),
    ],
    ['patchChecklist with 300,000 keys', 400, () => send('PATCH', `local-runners/${place.runner}/checklist`, keys)],
    ['registerAgents with 300,000 keys', 400, () => send('PUT', `local-runners/${place.runner}/agents`, keys)],
    [
      'createBridgeCommand with 300,000 keys',
      400,
      () =>
        send('POST', `local-runners/${place.connect}/bridge/commands`, `{"type":"ReadFile","args":{"path":${keys}}}`),
    ],
    [
      'createSpans of 3 MB',
      204,
      () => send('POST', 'spans/batch', `{"spans":${spans(`"${'x'.repeat(3000)}"`, 1000)}}`),
    ],
    ['createSpans with 300,000 keys', 204, () => send('POST', 'spans/batch', `{"spans":${spans(keys, 1)}}`)],
  ])('others wait a moment for %s', async (what, status, act) => {
    await readMeter(served)
    const answer = await act()
    expect(answer.status, `${what}: ${await answer.text()}`).toBe(status)
    expect((await readMeter(served)).heldMs).toBeLessThan(fairMs())
  })
})
