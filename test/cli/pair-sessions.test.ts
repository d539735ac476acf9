// Pairing under `serve`: the lines about sessions that wait, and sessions that are activated by themselves.
import { describe, expect, it, onTestFinished } from 'vitest'
import { addServeCommand } from '../../src/cli/serve.js'
import { readPairingLink, toBase64 } from '../../src/kernel/pairing.js'
import { eventually } from '../sdk/eventually.js'
import { startServe, type Served } from '../sdk/served.js'
import { refusalOf } from './refusal.js'

const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const KEY = new Uint8Array(32).fill(9)

async function start(...args: string[]): Promise<Served> {
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
    const program = await start()
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
    const program = await start('--pair', 'auto', '--pair-delay', '0', '--json')
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
    const program = await start('--pair', 'auto', '--pair-delay', '0', '--pair-name', 'my laptop', '--quiet')
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
