import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { addVerifyCommand } from '../../../src/cli/run-verify.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { readRecording } from '../../../src/kernel/recording/recording.js'
import { runCommand, type Outcome } from '../../cli/refusal.js'
import { startProgram } from '../../sdk/program.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { startMockTarget } from './mock-target.js'

/** Variables that the command reads. */
const ENVIRONMENT = [
  ...['OPIK_URL_OVERRIDE', 'OPIK_API_KEY', 'OPIK_WORKSPACE', 'OPIK_COLLEAGUE_API_KEY', 'OPIK_OTHER_API_KEY'],
  ...['OPIK_OTHER_WORKSPACE', 'OPIK_RUNNER_KIT_ADMIN_TOKEN', 'GITHUB_STEP_SUMMARY'],
]
const folder = temporaryFolder()

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  for (const name of ENVIRONMENT) vi.stubEnv(name, env[name])
  return runCommand(addVerifyCommand, 'verify', ...args)
}

const reportOf = ({ stdout }: Outcome): Report => JSON.parse(stdout) as Report
const statusOf = async (...args: string[]): Promise<number | undefined> => (await run(args)).status

describe('opik-runner-kit verify', () => {
  it('exits 0 when all is well, and takes what it needs from the environment', async () => {
    const target = await startMockTarget()
    const env = { OPIK_URL_OVERRIDE: target.url, OPIK_API_KEY: 'k-123456', OPIK_WORKSPACE: 'team' }
    const args = ['verify', '--area', 'system', '--seed', '7', '--admin', target.adminUrl]
    const program = startProgram('dist/cli/main.js', args, env)
    expect(await program.closeInput()).toBe(0)
    expect(program.output()).toMatch(/✓ conforms: \d+ passed in .* seed 7\n$/)
    const [first] = target.mock.journal.entries({ operation: 'listRunners' })
    expect(first?.request.headers).toMatchObject({ 'comet-workspace': 'team' })
  })

  it('takes empty variables, which a CI job has in place of secrets that are not set, for none', async () => {
    const target = await startMockTarget()
    const args = [target.url, '--check', 'system/is-alive', '--reporter', 'json']
    const empty = await run(args, Object.fromEntries(ENVIRONMENT.map((name) => [name, ''])))
    expect(reportOf(empty).target).toEqual(reportOf(await run(args)).target)
    const [first] = target.mock.journal.entries({ operation: 'isAlive' })
    expect(first?.request.headers).not.toHaveProperty('authorization')
  })

  it('exits 1 when something fails, unless it is waived or known', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const args = [target.url, '--check', 'system/is-alive']
    const failed = await run([...args, '--reporter', 'json'])
    const waivers = folder.write('waivers.yaml', '- { id: system/is-alive, reason: known }\n')
    const baseline = folder.write('baseline.json', failed.stdout)
    const accepted = [await statusOf(...args, '--waivers', waivers), await statusOf(...args, '--baseline', baseline)]
    expect([failed.status, ...accepted]).toEqual([1, 0, 0])
  })

  it('writes the documents of several reporters, and the summary of a CI job', async () => {
    const target = await startMockTarget()
    const [out, summary] = [folder.at('out'), folder.at('summary.md')]
    const args = '--reporter json,junit,ctrf,html --reporter github --check system/is-alive'.split(' ')
    const { status, stdout } = await run([target.url, ...args, '--out', out], { GITHUB_STEP_SUMMARY: summary })
    expect(status).toBe(0)
    expect(readdirSync(out).sort()).toEqual(['ctrf.json', 'junit.xml', 'report.html', 'report.json'])
    expect(stdout).toMatch(/^::notice title=Contract checks::.*1 passed.*\n$/)
    expect(readFileSync(summary, 'utf8')).toMatch(/^<h1>.*conforms.*Contract checks/)
  })

  it('ends early with --bail, whatever follows it', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'heartbeat', status: 418 })
    const args = ['--area', 'heartbeat', '--reporter', 'json']
    const failedOf = async (...bail: string[]) => reportOf(await run([...args, ...bail])).totals.failed
    expect([await failedOf('--bail', target.url), await failedOf(target.url, '--bail', '3')]).toEqual([1, 3])
  })

  it('runs suites, and fails when what is required did not run', async () => {
    const target = await startMockTarget()
    const args = [target.url, '--area', 'slots', '--reporter', 'json', '--max-wait', '1']
    const all = await run([...args, '--require', 'core,time'])
    expect([all.status, await statusOf(...args, '--suite', 'core', '--require', 'core')]).toEqual([1, 0])
    expect(reportOf(all).unmet).toMatchObject([{ suite: 'time' }])
  })

  it('compares two targets', async () => {
    const [one, other] = await Promise.all([startMockTarget(), startMockTarget({ profile: 'opik' })])
    const both = [one.url, '--compare', other.url]
    const out = folder.fresh()
    expect(await statusOf(...both, '--check', 'quirks/null-agent', '--out', out)).toBe(1)
    expect(await statusOf(...both, '--check', 'system/is-alive')).toBe(0)
    expect(readFileSync(`${out}/compare.html`, 'utf8')).toContain('quirks/null-agent')
  })

  it('keeps a recording of the run', async () => {
    const target = await startMockTarget()
    const file = folder.at('run.har.gz')
    const status = await statusOf(target.url, '--check', 'job/handed-out-as-running', '--recording-out', file)
    const { exchanges } = await readRecording(readFileSync(file))
    expect([status, exchanges.some(({ path }) => path.endsWith('/jobs/next'))]).toEqual([0, true])
  })

  it('lists the checks without a target, as text and as JSON', async () => {
    const args = ['--list', '--check', 'isolation/lists-per-user']
    expect((await run(args)).stdout).toMatch(
      /^isolation\/lists-per-user +must +A.*\. {2}\(ISO-\d+, listRunners, Identity\) {2}\[colleague\]\n/,
    )
    expect(JSON.parse((await run([...args, '--reporter', 'json'])).stdout)).toMatchObject([
      { id: 'isolation/lists-per-user', area: 'isolation', severity: 'must', needs: ['colleague'] },
    ])
  })
})
