// `serve` as a user runs it: the built command in a process of its own.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addServeCommand } from '../../src/cli/serve.js'
import { readPairingLink, toBase64 } from '../../src/kernel/pairing.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { eventually } from '../sdk/eventually.js'
import { listening } from '../sdk/listening.js'
import { startProgram } from '../sdk/program.js'
import { COMMAND, startServe, type Served } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'
import { refusalOf } from './refusal.js'

const folder = temporaryFolder()
const { write } = folder

const start = (...args: string[]): Promise<Served> => startServe(args)

/** The one line that a user's mistake is worth: no stack. */
async function expectRefusal(args: readonly string[], ...named: string[]): Promise<void> {
  const told = await refusalOf(addServeCommand, 'serve', ...args)
  expect(told).not.toContain('    at ')
  for (const part of named) expect(told).toContain(part)
}

describe('serve', () => {
  it('behaves as the profile that it is given', async () => {
    const program = await start('--profile', 'opik@2.0.1', '--quiet')
    const path = '/v1/private/local-runners?project_id=0190babc-62a0-71d2-832a-0feffa4676eb'
    expect((await fetch(program.url + path)).status).toBe(501)
    expect(await program.stop()).toBe(0)
    await expectRefusal(['--profile', 'opik@9'], 'opik@9')
  })

  it('refuses files that cannot be used, naming file, line and field', async () => {
    const settings = write('settings.yaml', 'job_timeout_seconds: 60\nheartbeat_ttl_seconds: -4\n')
    await expectRefusal(['--settings', settings], 'settings.yaml', 'line 2', 'heartbeat_ttl_seconds')
    const keys = write('keys.yaml', 'k1:\n  user: ann\n  workspaces: team\n')
    await expectRefusal(['--auth', keys], 'keys.yaml', 'line 3', 'workspaces')
    const blank = write('blank.yaml', 'k1: { user: ann, workspaces: [team] }\n"": { user: bob, workspaces: [team] }\n')
    await expectRefusal(['--auth', blank], 'blank.yaml', 'line 2')
    await expectRefusal(['--state', folder.at('no-such-folder', 'state.json')], 'no-such-folder')
    const state = write('state.json', '{"version": 1}')
    await expectRefusal(['--state', state], 'state.json')
    expect(readFileSync(state, 'utf8')).toBe('{"version": 1}')
  })

  it('refuses options that it does not know or cannot read', async () => {
    await expectRefusal(['--nope'], '--nope')
    await expectRefusal(['--port', '70000'], '70000')
    await expectRefusal(['--host', '0.0.0.0'], '0.0.0.0')
  })

  it('takes an empty token for none: this machine alone may use the admin API, and no other may be served', async () => {
    const blank = { OPIK_RUNNER_KIT_ADMIN_TOKEN: '' }
    const program = await startServe(['--scenario', 'empty'], blank)
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${program.admin}/health`, { headers })).status
    expect(await status({})).toBe(200)
    expect(await status({ origin: 'https://evil.example' })).toBe(403)
    expect(await program.stop()).toBe(0)
    await expectRefusal(['--host', '0.0.0.0', '--admin-token', ''], '0.0.0.0')
  })

  it('has what it loads when it is asked for', async () => {
    const program = await start('--scenario', 'empty')
    const answer = await fetch(`${program.admin}/given/runner`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(201)
    expect(await program.stop()).toBe(0)
  })

  it('says in one line that its port is taken', async () => {
    const port = String(await listening(createServer()))
    const run = spawnSync(process.execPath, [COMMAND, 'serve', '--port', port], { encoding: 'utf8' })
    expect(run).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(port) as string })
    expect(run.stderr.trim().split('\n')).toHaveLength(1)
  })

  it('keeps the callers of a keys file apart and refuses others', async () => {
    const keys = write('team.yaml', 'k1: { user: ann, workspaces: [team] }\nk2: { user: bob, workspaces: [other] }\n')
    const program = await start('--auth', keys)
    await program.printed(/demo-laptop .* of ann/)
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${program.url}/v1/private/projects`, { headers })).status
    expect(await status({ authorization: 'k1', 'comet-workspace': 'team' })).toBe(200)
    expect(await status({ authorization: 'k2', 'comet-workspace': 'team' })).toBe(403)
    expect(await status({ authorization: 'k3', 'comet-workspace': 'team' })).toBe(401)
    expect(await status({ authorization: 'k1' })).toBe(403)
    expect(await program.stop()).toBe(0)
  })

  it('prints a line for each request of a client with --verbose, and none for what it does itself', async () => {
    const keys = write('callers.yaml', 'k1: { user: ann, workspaces: [team] }\n')
    const program = await start('--verbose', '--auth', keys)
    const headers = { authorization: 'k1', 'comet-workspace': 'team' }
    await fetch(`${program.url}/v1/private/projects?name=secret`, { headers })
    await fetch(`${program.url}/v1/private/projects`)
    for (const id of ['17', '018f']) await fetch(`${program.url}/v1/private/nothing-here/${id}`, { method: 'POST' })
    await fetch(`${program.url}/v1/private/nothing-else`)
    await program.printed(/GET \/v1\/private\/nothing-else +\d+ ms\n/)
    expect(await program.stop()).toBe(0)
    const lines = program
      .output()
      .split('\n')
      .filter((line) => /^\d\d:/.test(line))
    expect(lines).toHaveLength(4)
    expect(lines[2]).toMatch(/ 404 POST \/v1\/private\/nothing-here\/17 +\d+ ms$/)
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}200 findProjects +\d+ ms {2}ann in team$/)
    expect(lines[1]).toMatch(/ 403 findProjects +\d+ ms$/)
    expect(program.output()).not.toMatch(/k1|secret/)
  })

  it('prints JSON lines with --verbose and --json, and colours only where they are wanted', async () => {
    const program = await start('--verbose', '--json', '--scenario', 'empty')
    await fetch(`${program.url}/v1/private/projects`)
    await program.printed(/"request"/)
    expect(await program.stop()).toBe(0)
    const [, request] = program
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(request).toEqual({
      ...{ event: 'request', method: 'GET', path: '/v1/private/projects', operation: 'findProjects', status: 200 },
      ...{
        workspace: 'default',
        user: 'admin',
        at: expect.any(String) as string,
        duration_ms: expect.any(Number) as number,
      },
    })
    const painted = await startServe(['--verbose'], { NO_COLOR: '', FORCE_COLOR: '1' })
    await fetch(`${painted.url}/v1/private/projects`)
    await painted.printed(/\[32m200/)
    expect(await painted.stop()).toBe(0)
  })

  it.skipIf(process.platform !== 'linux')('opens the console with --open, and says when it cannot', async () => {
    const seen = folder.at('opened')
    writeFileSync(folder.at('xdg-open'), `#!/bin/sh\necho "$1" > ${seen}\n`, { mode: 0o755 })
    const opening = startProgram(COMMAND, ['serve', '--port', '0', '--open'], { PATH: `${folder.at()}:/usr/bin:/bin` })
    const [, page = ''] = await opening.printed(/console +on (\S+)/)
    await eventually('the browser', () => (readIfThere(seen) === `${page}\n` ? true : undefined))
    expect(await opening.stop()).toBe(0)
    const without = startProgram(COMMAND, ['serve', '--port', '0', '--open'], { PATH: folder.at('nowhere') })
    await without.printed(/No browser/)
    expect(await without.stop()).toBe(0)
  })
})

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const KEY = new Uint8Array(32).fill(9)

async function startEmpty(...args: string[]): Promise<Served> {
  const served = await startServe(['--scenario', 'empty', ...args])
  onTestFinished(async () => expect(await served.stop()).toBe(0))
  return served
}
/** As a daemon opens one. */
async function openSession({ ask }: Served, type: string, headers = {}): Promise<{ id: string; runnerId: string }> {
  await ask('POST', '/projects/retrieve', { name: 'Default Project' }, headers)
  const request = { project_id: PROJECT, activation_key: toBase64(KEY), type }
  const { body } = await ask('POST', '/pairing/sessions', request, headers)
  const { session_id: id, runner_id: runnerId } = body as { session_id: string; runner_id: string }
  return { id, runnerId }
}

const runner = async ({ ask }: Served, id: string, headers = {}): Promise<unknown> => {
  const { status, body } = await ask('GET', `/local-runners/${id}`, undefined, headers)
  return status === 200 ? body : status
}

describe('serve', () => {
  it('prints a link for each session that waits, which leads to a page', async () => {
    const program = await startEmpty()
    const waiting = await openSession(program, 'connect')
    const [link] = await program.printed(/http:\S+#\S+/)
    expect(readPairingLink(link)).toMatchObject({
      ...{ sessionId: waiting.id, activationKey: KEY, projectId: PROJECT, type: 'connect' },
      ...{
        url: program.url.replace(/api$/, ''),
        projectName: 'Default Project',
        workspace: 'default',
      },
    })
    const page = await fetch(link)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('/opik/pair/pair.js')
  })

  it('activates sessions by itself, for whoever has opened them', async () => {
    const program = await startEmpty('--pair', 'auto', '--pair-delay', '0', '--json')
    const own = { authorization: 'some-key' }
    const { id, runnerId } = await openSession(program, 'endpoint', own)
    await program.printed(/"paired"/)
    expect(await runner(program, runnerId)).toBe(404)
    expect(await runner(program, runnerId, own)).toMatchObject({
      status: 'connected',
      name: `runner-${id.slice(-6)}`,
    })
    const [, last = ''] = program.output().trim().split('\n')
    expect(JSON.parse(last)).toMatchObject({ session: id, runner: runnerId, type: 'endpoint' })
  })

  it('gives the name that it is told, and says nothing when it is to be quiet', async () => {
    const program = await startEmpty('--pair', 'auto', '--pair-delay', '0', '--pair-name', 'my laptop', '--quiet')
    const { runnerId } = await openSession(program, 'connect')
    await eventually('the runner is there', async () => (await runner(program, runnerId)) !== 404 || undefined)
    expect(await runner(program, runnerId)).toMatchObject({ name: 'my laptop' })
    expect(program.output().trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['--pair', 'maybe'],
    ['--pair-delay', '-1'],
    ['--pair-name', ' '],
  ])('refuses %s %j', async (flag, value) => {
    expect(await refusalOf(addServeCommand, 'serve', '--port', '0', flag, value)).not.toBe('')
  })
})

// Made for these tests, for localhost and 127.0.0.1, and trusted by nobody else.
const fileOf = (name: string): string => fileURLToPath(new URL(`certificate/${name}`, import.meta.url))
const cert = readFileSync(fileOf('cert.pem'), 'utf8')
const key = readFileSync(fileOf('key.pem'), 'utf8')

function ask(url: string, method = 'GET', body?: object) {
  return new Promise<{ status: number; location: string | undefined; text: string }>((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(url, { method, headers, ca: cert }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, location: response.headers.location, text }))
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

describe('serve over HTTPS', () => {
  it('answers API, admin API and pages, and names itself so', async () => {
    const mock = createRunnerMock()
    const server = await serve(mock, { port: 0, cert, key: new TextEncoder().encode(key) })
    onTestFinished(() => server.close())
    expect([server.url, server.adminUrl].map((url) => new URL(url).protocol)).toEqual(['https:', 'https:'])
    const created = await ask(`${server.url}/v1/private/projects`, 'POST', { name: 'safe' })
    expect(created).toMatchObject({ status: 201, location: expect.stringMatching(`^${server.url}/v1/`) as string })
    expect((await ask(`${server.adminUrl}/health`)).status).toBe(200)
    expect((await ask(await mock.given.pairingLink({ apiUrl: server.url }))).text).toContain('/opik/pair/pair.js')
  })

  it.each([
    ['a certificate alone', { cert }],
    ['a key alone', { key }],
    ['what is none', { cert: 'cert', key: 'key' }],
  ])('refuses %s', async (_, options) => {
    const mock = createRunnerMock()
    onTestFinished(() => mock.close())
    await expect(serve(mock, { port: 0, ...options })).rejects.toMatchObject({ code: 'serve/certificate' })
  })

  it('takes both from files on the command line', async () => {
    const files = ['--cert', fileOf('cert.pem'), '--key', fileOf('key.pem')]
    const { url, stop } = await startServe(['--quiet', ...files])
    onTestFinished(async () => expect(await stop()).toBe(0))
    expect((await ask(`${url}/is-alive/ping`)).status).toBe(200)
  })

  it('names a file that is not there', async () => {
    expect(await refusalOf(addServeCommand, 'serve', '--cert', 'no-such.pem')).toContain('no-such.pem')
  })
})
