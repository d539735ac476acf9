// `serve --state FILE` as its users see it: processes that are killed, started again, and in each other's way.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { readState } from '../../../src/cli/state/state-file.js'
import { KitError } from '../../../src/kernel/errors.js'
import { objectOf } from '../../../src/kernel/json-value.js'
import { eventually } from '../../sdk/eventually.js'
import { COMMAND, startServe, type Served } from '../../sdk/served.js'
import { temporaryFolder } from '../../temporary-folder.js'

// Each test starts several processes.
vi.setConfig({ testTimeout: 180_000 })
const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const { fresh: newFolder } = temporaryFolder()

const start = (file: string, scenario = 'empty'): Promise<Served> =>
  startServe(['--scenario', scenario, '--state', file])

/** Creates a project and waits until it is in the file; so is all that came before it. */
async function untilSaved(server: Served, file: string, name: string): Promise<void> {
  expect((await server.ask('POST', '/projects', { name })).status).toBe(201)
  await eventually(`${name} in the file`, () => (readFileSync(file, 'utf8').includes(name) ? true : undefined))
}

async function namesOf({ ask }: Served): Promise<string> {
  return (await ask('GET', '/projects?size=100')).text
}

function refusal(file: string): string {
  const args = [COMMAND, 'serve', '--port', '0', '--state', file]
  const run = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(run.status).toBe(2)
  expect(run.stdout).toBe('')
  return run.stderr
}

it('has all of a world over a kill, numbers as they were written, without keys and signatures', async () => {
  const file = join(newFolder(), 'state.json')
  const server = await start(file, 'demo')
  const inputs = '{"steps":1,"whole":1.0,"long":12345678901234567890,"small":1e-7}'
  const job = `{"project_id":"${PROJECT}","agent_name":"slow-report","inputs":${inputs}}`
  expect((await server.ask('POST', '/local-runners/jobs', job)).status).toBe(201)
  await server.ask('POST', '/__admin/clock/advance', { seconds: 3 })
  await server.ask('POST', '/__admin/clock/freeze')
  await untilSaved(server, file, 'marker')
  const before = await server.ask('GET', '/__admin/state')
  await server.stop('SIGKILL')
  const text = readFileSync(file, 'utf8')
  for (const secret of ['activationKey', 'bridgeKey', 'apiKey', '_hmac']) expect(text).not.toContain(secret)

  const again = await start(file, 'demo')
  const after = await again.ask('GET', '/__admin/state')
  expect(worldOf(after.text)).toEqual(worldOf(before.text))
  expect(worldOf(after.text)).toMatchObject({ jobs: [{ wire: { status: 'completed' } }] })
  expect(after.text).toContain(inputs)
  expect(await again.stop()).toBe(0)
  expect(readFileSync(file, 'utf8')).toContain(inputs)
})

function worldOf(text: string): unknown {
  const { world, ids, random } = objectOf(JSON.parse(text))
  return { ...objectOf(world), ids, random, sessions: [] }
}

it('is one file for its owner, with each record once, when the server has ended', async () => {
  const folder = newFolder()
  const file = join(folder, 'state.json')
  const server = await start(file)
  for (let count = 0; count < 3; count++) {
    await untilSaved(server, file, `project ${count}`)
    await server.ask('PATCH', `/projects/${PROJECT}`, { description: `changed ${count}` })
  }
  expect(await server.stop()).toBe(0)
  expect(readdirSync(folder)).toEqual(['state.json'])
  expect(readFileSync(file, 'utf8').split('Default Project')).toHaveLength(2)
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('refuses what is no state, and goes on with what is whole', async () => {
  const file = join(newFolder(), 'state.json')
  const server = await start(file)
  await untilSaved(server, file, 'oslo')
  await server.stop('SIGKILL')
  const whole = readFileSync(file, 'utf8')
  const damaged = whole.replace('"oslo"', '"oslo')
  for (const text of ['', '{}', '[]', '{"state_log":1}\n', 'a\nb', damaged]) {
    writeFileSync(file, text)
    await expect(readState(file)).rejects.toThrow(KitError)
    expect(readFileSync(file, 'utf8')).toBe(text)
  }
  refusal(file)
  expect(readFileSync(file, 'utf8')).toBe(damaged)
  writeFileSync(file, whole)
  const last = await start(file)
  expect(await namesOf(last)).toContain('oslo')
  expect(await last.stop()).toBe(0)
})

it('belongs to one server at a time, which is named to the next one', async () => {
  const file = join(newFolder(), 'state.json')
  const lock = `${file}.lock`
  const server = await start(file)
  expect(Number.parseInt(readFileSync(lock, 'utf8'), 10)).toBe(server.pid)
  expect(refusal(file)).toContain(String(server.pid))
  await untilSaved(server, file, 'of the first')
  await server.stop('SIGKILL')
  // What it has left is taken over, by one of those who want it.
  const all = await Promise.allSettled([start(file), start(file), start(file)])
  const [again, ...others] = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  expect(others).toEqual([])
  if (again === undefined) throw new Error('Nobody has taken it over.')
  expect(refusal(file)).toContain(String(again.pid))
  expect(await namesOf(again)).toContain('of the first')
  expect(await again.stop()).toBe(0)
  expect(existsSync(lock)).toBe(false)
})

it.runIf(process.platform === 'linux')('takes over a lock whose number another program has now', async () => {
  const file = join(newFolder(), 'state.json')
  writeFileSync(`${file}.lock`, `${process.pid} 1\n`)
  expect(await (await start(file)).stop()).toBe(0)
})

it.skipIf(process.platform === 'win32')('is written through no link but its own', async () => {
  const folder = newFolder()
  const [file, link, victim] = [join(folder, 'state.json'), join(folder, 'link.json'), join(folder, 'victim')]
  writeFileSync(victim, 'precious')
  symlinkSync(victim, `${file}.draft`)
  await (await start(file)).stop()
  symlinkSync(file, link)
  const server = await start(link)
  await untilSaved(server, file, 'through the link')
  refusal(file)
  symlinkSync(victim, `${file}.draft`)
  expect(await server.stop()).toBe(0)
  expect([lstatSync(link).isSymbolicLink(), lstatSync(file).isFile()]).toEqual([true, true])
  expect(readFileSync(file, 'utf8')).toContain('through the link')
  symlinkSync(victim, `${file}.lock`)
  refusal(file)
  expect(readFileSync(victim, 'utf8')).toBe('precious')
  rmSync(`${file}.lock`)
  symlinkSync('nowhere', `${file}.lock`)
  refusal(file)
  const dangling = join(folder, 'dangling.json')
  symlinkSync('nowhere', dangling)
  refusal(dangling)
  expect(lstatSync(dangling).isSymbolicLink()).toBe(true)
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

it.skipIf(process.platform === 'win32')('waits for nothing that is no file', () => {
  const file = join(newFolder(), 'state.json')
  for (const name of [file, `${file}.lock`]) {
    execFileSync('mkfifo', [name])
    refusal(file)
    rmSync(name)
  }
})

it('wants a name', () => {
  const before = readdirSync('.')
  refusal('')
  expect(readdirSync('.')).toEqual(before)
})
