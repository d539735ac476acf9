// The command verify: what it is given and writes, in what ways it can be aimed wrongly, and how it watches.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, it, vi, beforeAll, onTestFinished } from 'vitest'
import { CommanderError } from 'commander'
import { addVerifyCommand } from '../../../src/cli/run-verify.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { readRecording } from '../../../src/kernel/recording/recording.js'
import { KitError } from '../../../src/kernel/errors.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { runCommand, type Outcome } from '../../cli/refusal.js'
import { startProgram } from '../../sdk/program.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { eventually } from '../../sdk/eventually.js'
import { originOf } from '../../sdk/listening.js'
import { startMockTarget } from './mock-target.js'
import { codeOf } from './trial-checks.js'

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

/** Files that a user might have got wrong, by name; what they break by their schemas is for test/kit/hostile-files. */
const files: Readonly<Record<string, string>> = {
  'broken.yaml': '{ "id": ',
  'words.yaml': 'nothing here',
  'unknown-limit.yaml': 'heartbeat_ttl: 15',
  'second-limit.yaml': 'job_timeout_seconds: 60\nheartbeat_ttl_seconds: 0\n',
  'second-waiver.yaml': 'waivers:\n  - { id: job/created, reason: x }\n  - id: job/created\n    reason: ""\n',
  'second-failure.json': '{ "results": [\n{ "id": "a/b" },\n{ "id": 1 }\n] }',
  'two.yaml': 'job_timeout_seconds: 60\n---\njob_timeout_seconds: 60\n',
  'no-day.yaml': '- { id: job/created, reason: x, expires: 2026-02-31 }',
}

/** Wrong command lines; `URL` is a server that is not there, `@` the folder of the files. */
const mistakes = [
  ...['', 'localhost', 'ftp://127.0.0.1/api', 'http://me:secret-word@127.0.0.1:1/api', 'URL URL', 'URL --fast'],
  ...['URL --area nowhere', '--list --area nowhere', 'URL --check job/nothing', 'URL --suite bridge --area job'],
  ...['URL --suite nowhere', 'URL --require nowhere', 'URL --suite core --require time'],
  ...['URL --bail 0', 'URL --bail first', 'URL --bail -1', 'URL --seed one', 'URL --seed=-1', 'URL --seed'],
  ...['URL --concurrency 0.5', 'URL --runs 0', 'URL --max-wait long', 'URL --max-waiting 0'],
  ...['URL --compare localhost', 'URL --compare URL --area nowhere', 'URL --compare URL --bail 2'],
  ...['URL --reporter tap', 'URL --reporter json,html', 'URL --reporter pretty,junit'],
  ...['URL --reporter json --out @/words.yaml', 'URL --limits @/none.yaml', 'URL --limits @/unknown-limit.yaml'],
  ...['URL --waivers @/no-day.yaml', 'URL --admin localhost', 'URL --admin http://127.0.0.1:1/__admin'],
  ...['URL --api-key kéy', 'URL --api-key k-1 --colleague-api-key k-1', 'URL --api-key k-1 --other-api-key k-1'],
  ...['URL --recording-out @/none/x.ndjson', 'URL --keep-keys', 'URL --watch --recording-out @/x.ndjson'],
  'URL --compare URL --recording-out @/x.ndjson',
]

beforeAll(() => {
  for (const [name, content] of Object.entries(files)) writeFileSync(folder.at(name), content)
})

/** The error that becomes the one line. */
async function refusal(line: string): Promise<{ code: string; message: string }> {
  vi.stubEnv('OPIK_URL_OVERRIDE', '')
  const words = line.replaceAll('URL', 'http://127.0.0.1:1/api').replaceAll('@/', `${folder.at()}/`).split(' ')
  const error: unknown = await runCommand(addVerifyCommand, 'verify', ...words.filter((word) => word !== '')).catch(
    (caught: unknown) => caught,
  )
  if (error instanceof KitError || error instanceof CommanderError) return error
  throw new Error(`not refused: ${line}`, { cause: error })
}

describe('verify, aimed wrongly', () => {
  it.each(mistakes)('refuses in one line: %s', async (line) => {
    const { code, message } = await refusal(line)
    expect(code).not.toBe('target/unreachable')
    expect(message.trim()).not.toBe('')
    expect(message).not.toMatch(/secret-word|undefined|\[object/)
    // What the parser of options says on two lines is joined where it is printed; see below.
    if (!code.startsWith('commander.')) expect(message).not.toContain('\n')
  })

  it.each([
    ['--limits', 'second-limit.yaml', 'line 2, heartbeat_ttl_seconds'],
    ['--limits', 'broken.yaml', 'line 1'],
    ['--limits', 'two.yaml', 'line 2'],
    ['--waivers', 'second-waiver.yaml', 'line 4, waivers[1].reason'],
    ['--baseline', 'second-failure.json', 'line 3, results[1]'],
  ])('names the place of a flaw: %s %s', async (option, file, place) => {
    const { message } = await refusal(`URL ${option} @/${file}`)
    expect(message).toContain(`${file} `)
    expect(message).toContain(place)
  })

  it.each(['URL --area nowhere', 'URL --seed one'])('ends with exit code 2 and that line alone: %s', async (line) => {
    const words = line.replace('URL', 'http://127.0.0.1:1/api').split(' ')
    const program = startProgram('dist/cli/main.js', ['verify', ...words])
    expect(await program.closeInput()).toBe(2)
    expect([program.output(), program.output().split('\n').length]).toEqual([program.errors(), 2])
  })
})

describe('verify, with credentials that the target does not know', () => {
  const auth = {
    'key-of-ann': { user: 'ann', workspaces: ['team'] },
    'key-of-ben': { user: 'ben', workspaces: ['team'] },
  }
  it('says whose are refused before any check is run', async () => {
    const { url } = await startMockTarget({ auth })
    const ann = { url, apiKey: 'key-of-ann', workspace: 'team' }
    expect(await codeOf({ url })).toBe('target/refused')
    expect(await codeOf({ url, apiKey: 'key-of-nobody', workspace: 'team' })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { apiKey: 'key-of-nobody' } })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { workspace: 'elsewhere' } })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { apiKey: 'key-of-ben' } })).toBe(0)
  })
})

/** Starts the built command; `runs` are the last lines of its runs so far, a `notice` is a line about its watching. */
function watch(url: string, options: readonly string[] = ['--check', 'system/is-alive']) {
  const program = startProgram('dist/cli/main.js', ['verify', url, '--watch', ...options])
  onTestFinished(async () => void (await program.stop('SIGKILL')))
  const outcomes = () => program.output().match(/^[✓✗] (conforms|does not conform|ended early): .*$/gm) ?? []
  const notice = (count: number) =>
    eventually(`notice ${count}`, () => program.errors().split('\n').length > count || undefined)
  const runs = (count: number) =>
    eventually(`run ${count}`, () => (outcomes().length >= count ? outcomes() : undefined))
  return { ...program, runs, notice }
}

describe('verify --watch', () => {
  it('runs what failed again on Enter, and ends with its input and the last outcome', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { type, closeInput, runs } = watch(target.url)
    await runs(1)
    target.mock.faults.clear()
    type('\n')
    expect((await runs(2)).map((line) => line.slice(0, 3))).toEqual(['✗ d', '✓ c'])
    expect(await closeInput()).toBe(0)
  })

  it('runs again when the server has restarted, and ends at a signal', async () => {
    const broken = createRunnerMock({ scenario: 'empty' })
    broken.faults.inject({ operation: 'isAlive', status: 503 })
    const first = await serve(broken, { port: 0 })
    const { type, stop, runs, notice } = watch(first.url)
    await runs(1)
    await notice(1)
    await first.close()
    const mended = createRunnerMock({ scenario: 'empty' })
    await notice(2)
    // Who is too early is told that nothing is there, and how to go on; then it is waited for as before.
    type('\n')
    await notice(5)
    const second = await serve(mended, { port: Number(new URL(first.url).port) })
    onTestFinished(() => second.close())
    const outcomes = await runs(2)
    expect(outcomes.at(-1)).toMatch(/^✓ conforms/)
    expect(await stop('SIGINT')).toBe(130)
  })

  it('runs again what had no turn before a run ended early', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { type, closeInput, runs } = watch(target.url, ['--area', 'system', '--bail', '--concurrency', '1'])
    const [first] = await runs(1)
    expect(first).toMatch(/1 failed, 2 not run/)
    target.mock.faults.clear()
    type('\n')
    expect((await runs(2)).at(-1)).toMatch(/^✓ conforms: 3 passed/)
    expect(await closeInput()).toBe(0)
  })

  it('asks nothing of a server between its runs', async () => {
    let [requests, connections] = [0, 0]
    const server = createServer((_, response) => {
      requests++
      response.writeHead(503).end()
    }).on('connection', () => connections++)
    const { runs, notice } = watch(await originOf(server))
    await runs(1)
    await notice(1)
    const [asked, met] = [requests, connections]
    await eventually('looks', () => (connections > met + 5 ? true : undefined))
    expect(requests).toBe(asked)
  })
})
