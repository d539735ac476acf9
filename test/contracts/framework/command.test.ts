import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { addVerifyCommand } from '../../../src/cli/run-verify.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { readRecording } from '../../../src/kernel/recording/recording.js'
import { refusalOf } from '../../cli/refusal.js'
import { startMockTarget } from './mock-target.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Variables that the command reads. */
const ENVIRONMENT = [
  ...['OPIK_URL_OVERRIDE', 'OPIK_API_KEY', 'OPIK_WORKSPACE', 'OPIK_COLLEAGUE_API_KEY', 'OPIK_OTHER_API_KEY'],
  ...['OPIK_OTHER_WORKSPACE', 'OPIK_RUNNER_KIT_ADMIN_TOKEN', 'GITHUB_STEP_SUMMARY'],
]
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the built command, in a process of its own. */
async function runBuilt(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'verify', ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

/** Runs the command in this process, which spares the time that one takes to start: one run at a time. */
async function run(args: string[], env: Record<string, string> = {}) {
  for (const name of ENVIRONMENT) vi.stubEnv(name, env[name])
  const program = new Command('opik-runner-kit').exitOverride()
  addVerifyCommand(program)
  let stdout = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  try {
    await program.parseAsync(['verify', ...args], { from: 'user' })
    return { code: process.exitCode ?? 0, stdout }
  } finally {
    write.mockRestore()
    process.exitCode = undefined
  }
}

describe('opik-runner-kit verify', () => {
  it('exits 0 when all is well, and takes what it needs from the environment', async () => {
    const target = await startMockTarget()
    const env = { OPIK_URL_OVERRIDE: target.url, OPIK_API_KEY: 'k-123456', OPIK_WORKSPACE: 'team' }
    const { code, stdout } = await runBuilt(['--area', 'system', '--seed', '7', '--admin', target.adminUrl], env)
    expect(stdout).toMatch(/✓ conforms: \d+ passed in .* seed 7\n$/)
    expect(code).toBe(0)
    const [first] = target.mock.journal.entries({ operation: 'listRunners' })
    expect(first?.request.headers).toMatchObject({ 'comet-workspace': 'team' })
  })

  it('takes empty variables, which a CI job has in place of secrets that are not set, for none', async () => {
    const target = await startMockTarget()
    const args = [target.url, '--check', 'system/is-alive', '--reporter', 'json']
    const without = await run(args)
    const empty = await run(args, Object.fromEntries(ENVIRONMENT.map((name) => [name, ''])))
    const targetOf = (stdout: string) => (JSON.parse(stdout) as Report).target
    expect(targetOf(empty.stdout)).toEqual(targetOf(without.stdout))
    const [first] = target.mock.journal.entries({ operation: 'isAlive' })
    expect(first?.request.headers).not.toHaveProperty('authorization')
  })

  it('exits 1 when something fails, unless it is waived or known', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const id = 'system/is-alive'
    const failed = await run([target.url, '--check', id, '--reporter', 'json'])
    expect(failed.code).toBe(1)
    writeFileSync(join(folder, 'waivers.yaml'), `- { id: ${id}, reason: known }\n`)
    writeFileSync(join(folder, 'baseline.json'), failed.stdout)
    expect((await run([target.url, '--check', id, '--waivers', join(folder, 'waivers.yaml')])).code).toBe(0)
    expect((await run([target.url, '--check', id, '--baseline', join(folder, 'baseline.json')])).code).toBe(0)
  })

  it('writes the documents of several reporters, and the summary of a CI job', async () => {
    const target = await startMockTarget()
    const out = join(folder, 'out')
    const args = [
      '--reporter',
      'json,junit,ctrf,html',
      '--reporter',
      'github',
      '--out',
      out,
      '--check',
      'system/is-alive',
    ]
    const { code, stdout } = await run([target.url, ...args], { GITHUB_STEP_SUMMARY: join(folder, 'summary.md') })
    expect(code).toBe(0)
    expect(readdirSync(out).sort()).toEqual(['ctrf.json', 'junit.xml', 'report.html', 'report.json'])
    expect(stdout).toMatch(/^::notice title=Contract checks::.*1 passed.*\n$/)
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('## Contract checks: conforms')
  })

  it('is refused in one line when there is nothing to verify, or the command makes no sense', async () => {
    expect(await refusalOf(addVerifyCommand, 'verify', 'http://127.0.0.1:1/api')).toContain('http://127.0.0.1:1/api')
    for (const args of [
      [],
      ['http://127.0.0.1:1/api'],
      ['http://127.0.0.1:1/api', '--area', 'nowhere'],
      ['http://127.0.0.1:1/api', '--reporter', 'json,html'],
      ['http://127.0.0.1:1/api', '--waivers', join(folder, 'none.yaml')],
      ['http://127.0.0.1:1/api', '--admin', 'http://127.0.0.1:1/__admin'],
    ]) {
      expect((await refusalOf(addVerifyCommand, 'verify', ...args)).trim()).not.toContain('\n')
    }
  })

  it('ends early with --bail, whatever follows it', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'heartbeat', status: 418 })
    const args = ['--area', 'heartbeat', '--reporter', 'json']
    const failedOf = async (...bail: string[]) => {
      const { code, stdout } = await run([...args, ...bail])
      return [code, (JSON.parse(stdout) as Report).totals.failed]
    }
    expect(await failedOf('--bail', target.url)).toEqual([1, 1])
    expect(await failedOf(target.url, '--bail', '3')).toEqual([1, 3])
  })

  it('runs suites, and fails when what is required did not run', async () => {
    const target = await startMockTarget()
    const args = [target.url, '--area', 'slots', '--reporter', 'json', '--max-wait', '1']
    const all = await run([...args, '--require', 'core,time'])
    const some = await run([...args, '--suite', 'core', '--require', 'core'])
    expect([all.code, some.code]).toEqual([1, 0])
    expect((JSON.parse(all.stdout) as Report).unmet).toMatchObject([{ suite: 'time' }])
  })

  it('compares two targets, and takes no option of a single run beside that', async () => {
    const [one, other] = await Promise.all([startMockTarget(), startMockTarget({ profile: 'opik' })])
    const both = [one.url, '--compare', other.url, '--check', 'quirks/null-agent', '--out', folder]
    const differs = await run(both)
    const alike = await run([one.url, '--compare', other.url, '--check', 'system/is-alive'])
    expect([differs.code, alike.code]).toEqual([1, 0])
    expect(readFileSync(join(folder, 'compare.html'), 'utf8')).toContain('quirks/null-agent')
    const refused = await refusalOf(addVerifyCommand, 'verify', ...both, '--bail', '2')
    expect(refused.trim().split('\n')).toHaveLength(1)
  })

  it('keeps a recording of the run', async () => {
    const target = await startMockTarget()
    const file = join(folder, 'run.har.gz')
    const { code } = await run([target.url, '--check', 'job/handed-out-as-running', '--recording-out', file])
    const { exchanges } = await readRecording(readFileSync(file))
    expect([code, exchanges.some(({ path }) => path.endsWith('/jobs/next'))]).toEqual([0, true])
  })

  it('lists the checks without a target', async () => {
    const { code, stdout } = await run(['--list', '--area', 'system'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^system\/is-alive +should +The server says that it is alive\. {2}\(SYS-001, isAlive\)$/m)
  })
})
