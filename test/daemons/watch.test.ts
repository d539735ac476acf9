// Opik's own daemons through `watch`: they notice nothing, and it finds nothing wrong with what they are answered.
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Client } from '../../scripts/daemons/clients.mjs'
import { startClient } from '../../src/cli/conduct/client-process.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { deriveBridgeKey, readPairingLink, signActivation, signBridge } from '../../src/kernel/pairing.js'
import { apiClient, createdId, createJob, endedJob, type ApiClient } from '../sdk/api-client.js'
import { eventually } from '../sdk/eventually.js'
import { startProgram } from '../sdk/program.js'
import { connectCommand, endOfFirstPoll, endpointCommand, openSite, pythons, storyOf } from './daemon.js'

/** Where the recordings are kept, for whoever wants them. */
const kept = process.env['KIT_RECORDINGS']

/** A site whose clients go through a proxy, which ends with its verdicts. */
async function openWatched(context: TestContext, name: string) {
  const site = await openSite(context)
  const file = join(kept ?? site.env['HOME'] ?? '', `${name}.ndjson.gz`)
  if (kept !== undefined) mkdirSync(kept, { recursive: true })
  const args = ['watch', new URL(site.url).origin, '--port', '0', '--recording-out', file, '--side', 'server', '--json']
  const program = startProgram(resolve('dist/cli/main.js'), args)
  context.onTestFinished(() => void program.stop())
  const [, url = ''] = await program.printed(/OPIK_URL_OVERRIDE=(\S+)/)
  const api = apiClient(url, '')
  // With what it is made of, it is known to the proxy, too.
  const projectId = createdId(await api.send('POST', 'projects', { name: 'Watched' }))
  const start = async (command: readonly string[]) => {
    const printed: string[] = []
    const env = { ...site.env, OPIK_URL_OVERRIDE: url, OPIK_PROJECT_NAME: 'Watched' }
    const onOutput = (text: string): number => printed.push(text)
    const client = await startClient(command, { env, cwd: site.env['HOME'], onOutput })
    context.onTestFinished(() => client.stop())
    return { client, printed: () => printed.join('') }
  }
  const end = async (): Promise<void> => {
    expect([await program.stop(), program.output()]).toEqual([0, expect.stringMatching(/"verdicts": \[\]/)])
    const recording = await readRecording(readFileSync(file))
    const { verdicts, counts } = judge(recording)
    // What daemons are known to break, docs/daemons.md, and this test reads jobs as often as it can.
    const broken = new Set(verdicts.map(({ rule }) => rule))
    expect(['capabilities/fit', 'job/stops', 'job/logs-first', 'app/pace']).toEqual(expect.arrayContaining([...broken]))
    expect(counts.judged).toBeGreaterThan(10)
  }
  return { site, api, projectId, start, end }
}

async function runnerOf(api: ApiClient, projectId: string, isReady: RegExp): Promise<string> {
  const look = async (): Promise<string | undefined> => {
    const { body } = await api.send('GET', `local-runners/?project_id=${projectId}&size=50`)
    return isReady.test(JSON.stringify(body)) ? /"id":"([-0-9a-f]+)"/.exec(JSON.stringify(body))?.[1] : undefined
  }
  return eventually('the runner', look, { interval: 1000 })
}

/** Pairs as the web page does, through the proxy. */
async function pair(api: ApiClient, text: string): Promise<Uint8Array> {
  const link = readPairingLink(text)
  if (link === undefined) throw new Error(`no pairing link: ${text}`)
  const { activationKey, sessionId } = link
  const hmac = await signActivation(activationKey, sessionId, 'watched')
  await api.send('POST', `pairing/sessions/${sessionId}/activate`, { runner_name: 'watched', hmac })
  return deriveBridgeKey(activationKey, sessionId)
}

describe.concurrent.each(pythons)('watch in front of opik $version', (client: Client) => {
  it('finds nothing wrong with an endpoint', async (context) => {
    const { site, api, projectId, start, end } = await openWatched(context, 'daemon-endpoint')
    const { client: daemon } = await start(endpointCommand(client, 'headless', 'Watched'))
    const runner = await runnerOf(api, projectId, /"name":"adder"/)
    await endOfFirstPoll(site)
    for (const a of [1, 2]) {
      const job = await createJob(api, { agent_name: 'adder', project_id: projectId, inputs: { a, b: 1 } })
      await endedJob(api, job, () => storyOf(site))
      await api.send('GET', `local-runners/jobs/${job}/logs`)
    }
    const cancelled = await createJob(api, { agent_name: 'slow', project_id: projectId, inputs: { seconds: 1 } })
    await api.send('POST', `local-runners/jobs/${cancelled}/cancel`)
    await endedJob(api, cancelled, () => storyOf(site))
    await api.send('GET', `local-runners/${runner}/jobs`)
    await daemon.stop()
    await end()
  })

  it('finds nothing wrong with one that takes commands', async (context) => {
    const { api, projectId, start, end } = await openWatched(context, 'daemon-connect')
    const { client: daemon, printed } = await start(connectCommand(client, 'Watched'))
    const link = await eventually('a pairing link', () => /^https?:\S+#[\w-]+$/m.exec(printed())?.[0], {
      details: printed,
    })
    const key = await pair(api, link)
    const runner = await runnerOf(api, projectId, /"bridge"/)
    const commands = `local-runners/${runner}/bridge/commands`
    for (const [type, args] of [
      ['WriteFile', { path: 'a.txt', content: 'zwei – drei' }],
      ['ReadFile', { path: 'a.txt' }],
      ['ReadFile', { path: 'none.txt' }],
    ] as const) {
      const _hmac = await signBridge(key, type, args)
      const { body } = await api.send('POST', commands, { type, args: { ...args, _hmac } })
      const id = /"command_id":"([-0-9a-f]+)"/.exec(JSON.stringify(body))?.[1] ?? ''
      await eventually('the end of the command', async () => {
        const answer = await api.send('GET', `${commands}/${id}?wait=true&timeout=5`)
        return JSON.stringify(answer.body).includes('completed_at') || undefined
      })
    }
    await daemon.stop()
    await end()
  })
})
