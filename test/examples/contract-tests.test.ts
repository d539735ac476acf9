// The contract checks as tests of somebody's own test runner: with vitest 3 as with vitest 4, with node:test and with Jest.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { install, exampleFolder, run } from './harness/workshop.js'

const EXAMPLE = 'contract-tests'

async function startTarget() {
  const mock = createRunnerMock()
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  return { mock, env: { OPIK_URL_OVERRIDE: server.url } }
}

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
    const { mock, env } = await startTarget()
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
