// The command `conduct` on clients that pair themselves and take commands: verdicts on what they did to files, what is
// accepted of them, and a failed run that is judged again.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, appendFileSync, statSync } from 'node:fs'
import { tmpdir, availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { validate } from 'ctrf'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import type { ConductReport } from '../../src/mocks/conduct/watch-conduct.js'
import { startClient, watchWaits } from '../../src/cli/conduct/client-process.js'
import { startProgram, type Program } from '../sdk/program.js'
import { eventually } from '../sdk/eventually.js'

const COMMAND = 'dist/cli/main.js'
const DAEMON = [process.execPath, resolve('test/conduct/connect-daemon.mjs')]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conduct-test-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Grades the daemon with a habit; the reports go to a folder of that name. */
async function grade(habit: string, ...args: string[]): Promise<{ status: number | null; out: string }> {
  const out = join(folder, habit)
  const options = [
    'conduct',
    '--type',
    'connect',
    '--for',
    '6',
    '--out',
    out,
    '--reporter',
    'json,junit,ctrf,html',
    ...args,
  ]
  const program = startProgram(COMMAND, [...options, '--', ...DAEMON, habit, '--api-key', 'the-key-of-somebody'])
  return { status: await program.closeInput(), out }
}

function reportIn(out: string): ConductReport {
  return JSON.parse(readFileSync(join(out, 'conduct.json'), 'utf8')) as ConductReport
}

function rulesOf({ runners }: ConductReport, outcome: string): string[] {
  return runners.flatMap(({ verdicts }) => verdicts.filter((each) => each.outcome === outcome).map(({ rule }) => rule))
}

function replay(out: string, ...args: string[]): { status: number | null; stdout: string } {
  const file = join(out, 'conduct-run.json')
  return spawnSync(process.execPath, [COMMAND, 'conduct', '--replay', file, ...args], { encoding: 'utf8' })
}

describe.concurrent('conduct --type connect', () => {
  it('pairs a daemon that waits for it, and finds that its commands do what they say', async ({ expect }) => {
    const recording = join(folder, 'good.ndjson.gz')
    const { status, out } = await grade('good', '--recording-out', recording)
    const report = reportIn(out)
    const { verdicts, counts } = judge(await readRecording(readFileSync(recording)), { startsEmpty: true })
    expect(verdicts.filter(({ side }) => side === 'server')).toEqual([])
    expect(counts.judged).toBeGreaterThan(5)
    expect(report).toMatchObject({ ok: true, runners: [{ type: 'connect' }] })
    expect(rulesOf(report, 'broken')).toEqual([])
    expect(rulesOf(report, 'kept')).toEqual(expect.arrayContaining(['command/result', 'command/signature']))
    expect(status).toBe(0)
    expect(validate(JSON.parse(readFileSync(join(out, 'conduct-ctrf.json'), 'utf8')))).toMatchObject({ valid: true })
    expect(readdirSync(out).toSorted()).toEqual([
      'conduct-ctrf.json',
      'conduct-junit.xml',
      'conduct.html',
      'conduct.json',
    ])
  })

  it.each([
    ['unsigned', 'command/signature', 'CON-021'],
    ['gullible', 'command/signature', 'command/*'],
    ['lies', 'command/result', 'command/result'],
  ])('finds that a daemon which is %s breaks %s alone, live and from its file', async (habit, rule, waived) => {
    const { status, out } = await grade(habit)
    expect(rulesOf(reportIn(out), 'broken')).toEqual([rule])
    expect(status).toBe(1)
    const again = replay(out, '--json')
    expect(again.status).toBe(1)
    expect(JSON.parse(again.stdout)).toEqual(reportIn(out))
    expect(readFileSync(join(out, 'conduct-junit.xml'), 'utf8')).toMatch(`name="${rule}: `)
    expect(readFileSync(join(out, 'conduct-run.json'), 'utf8')).not.toMatch(/_hmac|the-key-of-somebody/)

    const waivers = join(folder, `${habit}.yaml`)
    writeFileSync(waivers, `- { id: ${waived}, reason: known }\n- { id: no/such-rule, reason: none }\n`)
    const accepted = replay(out, '--json', '--waivers', waivers)
    expect(accepted.status).toBe(0)
    expect(rulesOf(JSON.parse(accepted.stdout) as ConductReport, 'waived')).toEqual([rule])
    expect(replay(out, '--waivers', waivers).stdout).toContain('no/such-rule')
  })
})

it('conduct fails when only runners of another type have called', async () => {
  const program = startProgram(COMMAND, ['conduct', '--type', 'endpoint', '--for', '2', '--', ...DAEMON])
  expect(await program.closeInput()).toBe(1)
})

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
