// The processes of a client: all of them end with the grading, and stand still together.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startClient, watchWaits } from '../../src/cli/conduct/client-process.js'
import { eventually } from '../sdk/eventually.js'
import { startProgram, type Program } from '../sdk/program.js'

const COMMAND = 'dist/cli/main.js'

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conduct-test-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/**
 * Three generations: each notes its process id in a file, and the youngest does with signals what it is told. A first
 * one that leaves does so when all are there.
 */
const FAMILY = `
const { spawn } = require('node:child_process')
const { appendFileSync, readFileSync } = require('node:fs')
const [file, generation, last, first] = process.argv.slice(1)
if (generation === '3') process.on('SIGTERM', () => last === 'lingers' && setTimeout(() => process.exit(0), 300))
appendFileSync(file, process.pid + '\\n')
const next = String(Number(generation) + 1)
if (generation !== '3') spawn(process.execPath, ['-e', process.env.FAMILY, file, next, last], { stdio: 'ignore' })
if (first === 'leaves') setInterval(() => readFileSync(file, 'utf8').split('\\n').length > 3 && process.exit(0), 10)
setInterval(() => undefined, 1000)
`

/** Starts conduct on a family; resolves when all of it lives. */
async function startFamily(...habits: string[]): Promise<{ program: Program; pids: number[]; temporary: string }> {
  const file = join(makeFolder(), 'pids')
  const temporary = makeFolder()
  writeFileSync(file, '')
  const family = [process.execPath, '-e', FAMILY, file, '1', ...habits]
  const program = startProgram(COMMAND, ['conduct', '--for', '300', '--', ...family], { FAMILY, TMPDIR: temporary })
  const pids = await eventually('three generations', () => {
    const noted = readFileSync(file, 'utf8').trim().split('\n').map(Number)
    return noted.length === 3 ? noted : undefined
  })
  return { program, pids, temporary }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('ends with all of them on %s, the grandchild that takes its time included', async (signal, code) => {
  const { program, pids } = await startFamily('lingers')
  expect(pids.map(isAlive)).toEqual([true, true, true])
  process.kill(program.pid, signal)
  expect(await program.closeInput()).toBe(code)
  expect(pids.map(isAlive)).toEqual([false, false, false])
})

it('makes those end that will not, at once on a second signal, and leaves no folder behind', async () => {
  const { program, pids, temporary } = await startFamily('refuses')
  process.kill(program.pid, 'SIGINT')
  await eventually('the first of them to end', () => (isAlive(pids[0] ?? 0) ? undefined : true))
  process.kill(program.pid, 'SIGINT')
  expect(await program.closeInput()).toBe(130)
  await eventually('all of them to be gone', () => (pids.some(isAlive) ? undefined : true))
  expect(readdirSync(temporary)).toEqual([])
})

it('names a command that cannot be started, without its keys', async () => {
  const message = expect.stringMatching(/^(?=.*no-such-command)(?!.*the-key)/) as string
  for (const key of [['--api-key', 'the-key'], ['--token=the-key']])
    await expect(startClient(['no-such-command', ...key], { env: {} })).rejects.toMatchObject({ message })
})

it('ends what a command has left behind that ended by itself', async () => {
  const { program, pids } = await startFamily('lingers', 'leaves')
  expect(await program.closeInput()).toBe(1)
  expect(pids.map(isAlive)).toEqual([false, false, false])
})

it.runIf(process.platform === 'linux')('sees them wait for a processor when there are too few', async () => {
  const many = `for (let left = ${availableParallelism() * 2}; left > 0; left--)
    require('node:child_process').spawn(process.execPath, ['-e', 'for (;;);'])`
  const client = await startClient([process.execPath, '-e', many], { env: {} })
  onTestFinished(() => client.stop())
  const waits = watchWaits(() => Date.now(), client.group)
  onTestFinished(() => waits.stop())
  const [first] = await eventually('a wait', () => (waits.seen.length > 0 ? waits.seen : undefined))
  expect(first!.to - first!.from).toBeGreaterThan(0)
})

it('lets all of them stand still, and go on', async () => {
  const file = join(makeFolder(), 'ticks')
  appendFileSync(file, '')
  const tick = `setInterval(() => require('node:fs').appendFileSync(process.argv[1], '.'), 5)`
  const client = await startClient([process.execPath, '-e', tick, file], { env: {} })
  onTestFinished(() => client.stop())
  const size = (): number => statSync(file).size
  await eventually('it to tick', () => (size() > 0 ? true : undefined))
  const waking = new AbortController()
  const sleeping = client.sleep(600_000, waking.signal)
  const asleep = await eventually('it to stand still', async () => {
    const before = size()
    await sleep(200)
    return size() === before ? before : undefined
  })
  waking.abort()
  await sleeping
  await eventually('it to go on', () => (size() > asleep ? true : undefined))
})
