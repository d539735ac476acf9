// The command `conduct` on clients that pair themselves and take commands: verdicts on what they did to files, what is
// accepted of them, and a failed run that is judged again.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { validate } from 'ctrf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import type { ConductReport } from '../../src/mocks/conduct/watch-conduct.js'
import { startProgram } from '../sdk/program.js'

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
