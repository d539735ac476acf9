// The steps of action.yml, run by bash as GitHub runs them, with the packed tarball for the published package.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { readAction, cleanEnv, root } from './harness/workshop.js'

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
