// The contract checks as tests of somebody's own test runner: with vitest 3 as with vitest 4, with node:test and with Jest.
import { cpSync, readFileSync, writeFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { execFileSync, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { once } from 'node:events'
import { expect, it, onTestFinished, describe, inject } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { install, exampleFolder, run, readAction, cleanEnv, root } from './harness/workshop.js'

const EXAMPLE = 'contract-tests'

/** The example with another vitest than the one that it names. */
async function installWith(version: string): Promise<string> {
  const folder = exampleFolder(`${EXAMPLE}-vitest-${version}`)
  cpSync(exampleFolder(EXAMPLE), folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const manifest = join(folder, 'package.json')
  const changed = readFileSync(manifest, 'utf8').replace(/("vitest": )"[^"]+"/, `$1"${version}"`)
  writeFileSync(manifest, changed)
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], folder)
  return folder
}

async function installOwn(): Promise<string> {
  await install(EXAMPLE)
  return exampleFolder(EXAMPLE)
}

/** How each test runner is installed, told to run all, and told to run one check. */
const runners = {
  'vitest 3.0': { install: () => installWith('3.0.9'), all: ['test:vitest'], one: ['test:vitest', '--', '-t'] },
  'vitest 3.2': { install: () => installWith('3.2.7'), all: ['test:vitest'], one: ['test:vitest', '--', '-t'] },
  'vitest 4': { install: installOwn, all: ['test:vitest'], one: ['test:vitest', '--', '-t'] },
  'node:test': { install: installOwn, all: ['test:node'], one: undefined },
  Jest: { install: installOwn, all: ['test:jest'], one: undefined },
}

it.each(Object.entries(runners))(
  'contract checks in %s pass on a server that keeps the contract, and fail with their report on one that breaks it',
  async (_, runner) => {
    const folder = await runner.install()
    const { mock, url } = await startTarget()
    const env = { OPIK_URL_OVERRIDE: url }
    await run('npm', ['run', ...runner.all], folder, env)
    expect(mock.journal.entries({ operation: 'createJob' }).length).toBeGreaterThan(5)

    mock.faults.inject({ operation: 'isAlive', status: 503 })
    const broken = run('npm', ['run', ...runner.all], folder, env)
    await expect(broken).rejects.toThrow(/✗ system\/is-alive[\s\S]*expected[\s\S]*503/)

    if (runner.one === undefined) return
    mock.journal.clear()
    await run('npm', ['run', ...runner.one, 'system/trailing-slash'], folder, env)
    expect(mock.journal.entries({ operation: 'createJob' })).toEqual([])
  },
)

async function startTarget() {
  const mock = createRunnerMock()
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  return { mock, url: server.url, admin: server.adminUrl }
}

let runs = 0

/** Runs the action with inputs, in a job of its own. */
async function runAction(inputs: Readonly<Record<string, string>>) {
  const folder = join(inject('workshop').folder, `job-${++runs}`)
  mkdirSync(folder)
  const [outputFile, summaryFile] = [join(folder, 'output'), join(folder, 'summary.md')]
  for (const file of [outputFile, summaryFile]) writeFileSync(file, '')
  const job = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: summaryFile }
  let code = 0
  let log = ''
  for (const step of readAction().stepsWith({ package: inject('workshop').tarball, ...inputs }, root)) {
    const script = join(folder, 'step.sh')
    writeFileSync(script, step.run)
    const env = cleanEnv({ ...job, ...step.env, npm_config_cache: npmCache() })
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], { cwd: folder, env })
    const ended = new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)))
    log += (await Promise.all([text(child.stdout), text(child.stderr)])).join('')
    code = await ended
    if (code !== 0) break
  }
  const outputs = Object.fromEntries(
    readFileSync(outputFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('=')),
  ) as Record<string, string>
  return { code, log, outputs, summary: readFileSync(summaryFile, 'utf8'), folder }
}

/** What npm has downloaded before, without the place where npx would keep the tarball for ever. */
function npmCache(): string {
  const cache = join(inject('workshop').folder, 'npm-cache')
  if (existsSync(cache)) return cache
  mkdirSync(cache)
  const usual = execFileSync('npm', ['config', 'get', 'cache'], { env: cleanEnv(), encoding: 'utf8' }).trim()
  mkdirSync(join(usual, '_cacache'), { recursive: true })
  symlinkSync(join(usual, '_cacache'), join(cache, '_cacache'))
  return cache
}

describe('the action', () => {
  it('passes on a server that keeps the contract, and leaves summary, outputs and reports', async () => {
    const { url, admin } = await startTarget()
    const { code, log, outputs, summary, folder } = await runAction({ url, admin, area: 'system,runner' })
    expect(code, log).toBe(0)
    expect(outputs).toMatchObject({ failed: '0', 'not-run': '0', junit: 'opik-runner-report/junit.xml' })
    expect(Number(outputs['passed'])).toBeGreaterThan(10)
    expect(readFileSync(join(folder, outputs['junit'] ?? ''), 'utf8')).toContain('<testsuite ')
    expect(summary).toContain('core')
    expect(log).toMatch(/^::notice /m)
  })

  it('fails where a suite is required and cannot run as a whole', async () => {
    const { url } = await startTarget()
    const inputs = { url, suite: 'core,time', check: 'system/*' }
    const { code, log } = await runAction(inputs)
    expect(code, log).toBe(0)
    const required = await runAction({ url, suite: 'time', require: 'time', check: 'time/completed-job-expires' })
    expect(required.code, required.log).toBe(1)
    expect(required.outputs).toMatchObject({ failed: '0', 'not-run': '1' })
  })

  it('fails on a server that breaks it, with an annotation for each failure', async () => {
    const { mock, url } = await startTarget()
    mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { code, log, outputs } = await runAction({ url, check: 'system/is-alive', 'report-dir': 'my reports' })
    expect(code, log).toBe(1)
    expect(outputs).toMatchObject({ passed: '0', failed: '1', junit: 'my reports/junit.xml' })
    expect(log).toMatch(/^::error .*system\/is-alive/m)
  })

  it('ends with 2, and reports nothing, when nothing could be verified; inputs are never executed', async () => {
    const nobody = 'http://127.0.0.1:1/api'
    const { code, outputs, log, folder } = await runAction({
      url: nobody,
      check: '$(touch executed)"; touch executed; "',
    })
    expect(code, log).toBe(2)
    expect(outputs).toEqual({})
    expect(existsSync(join(folder, 'executed'))).toBe(false)
  })
})

const PAGE = join(root, 'docs/build-a-server.md')
const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'
const folder = exampleFolder('build-a-server')

/** Runs verify on a server that a command starts, and picks the lines that tell where one is. */
async function verifyServer(command: string, args: readonly string[]): Promise<{ code: number; shown: string[] }> {
  const server = spawn(command, [...args, '--port', '0'], {
    cwd: folder,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void server.kill())
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const [url = ''] = /http\S+/.exec(line.toString()) ?? []
  const options = ['opik-runner-kit', 'verify', url, '--suite', 'core', '--project', PROJECT, '--seed', '7']
  const child = spawn('npx', options, { cwd: folder, env: cleanEnv(), stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines = (await text(child.stdout)).split('\n')
  const [code] = (await ended) as [number]
  return { code, shown: lines.filter((line) => telling.test(line)).map(steady) }
}

const telling = /^(to build next:|fix first:|not implemented:|suites |[✓✗] (conforms|does not conform):)/
/** Without what differs from run to run. */
const steady = (line: string): string => line.replace(/ in [\d.]+ s, .*$/, '')

/** Operations of each step, by the server's source. */
function operationsByStep(): Map<number, string[]> {
  const source = readFileSync(join(folder, 'server.py'), 'utf8')
  const found = new Map<number, string[]>()
  for (const [, step, name = ''] of source.matchAll(/^@operation\((\d)\)\ndef (\w+)/gm))
    found.set(Number(step), [...(found.get(Number(step)) ?? []), name])
  return found
}

it('each step of the server is what verify asks for before it, and the page shows both', async () => {
  await install('build-a-server')
  const built = operationsByStep()
  let page = readFileSync(PAGE, 'utf8')
  let passedBefore = -1
  for (const step of [0, 1, 2, 3, 4, 5]) {
    const { code, shown } = await verifyServer('python3', ['server.py', '--step', String(step)])
    expect(code, shown.join('\n')).toBe(step === 5 ? 0 : 1)
    const [, next] = /^to build next: (\w+)/m.exec(shown.join('\n')) ?? []
    expect(next === undefined ? step >= 4 : built.get(step + 1)?.includes(next), `step ${step}: ${next}`).toBe(true)
    const passed = Number(/(\d+) passed/.exec(shown.at(-1) ?? '')?.[1])
    expect(passed).toBeGreaterThan(passedBefore)
    passedBefore = passed
    const block = `<!-- step ${step} -->\n\n\`\`\`\n${shown.join('\n')}\n\`\`\`\n`
    page = page.replace(new RegExp(`<!-- step ${step} -->\n(\n\`\`\`\n[^]*?\n\`\`\`\n)?`), block)
  }
  await expect(page).toMatchFileSnapshot(PAGE)
})

it('the server in JavaScript conforms, as the page says of the last step', async () => {
  await install('build-a-server')
  const { code, shown } = await verifyServer('node', ['server.js'])
  expect(code, shown.join('\n')).toBe(0)
  const [, last] = /<!-- step 5 -->\n\n```\n([^]*?)\n```/.exec(readFileSync(PAGE, 'utf8')) ?? []
  expect(shown.join('\n')).toBe(last)
})
