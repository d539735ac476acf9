// The command spec: what it prints and compares, the score of the document, and the workflows that it writes for others to
// run.
import { resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, it, beforeAll, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { addSpecCommand } from '../../src/cli/spec.js'
import { matchOperation } from '../../src/kernel/all-operations.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { serve } from '../../src/mocks/adapters/node.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { refusalOf, runCommand } from '../cli/refusal.js'
import { temporaryFolder } from '../temporary-folder.js'
import { startProgram } from '../sdk/program.js'
import { put, upstream, whole, type Editable } from './documents.js'

const folder = temporaryFolder()
const run = (...args: readonly string[]) => runCommand(addSpecCommand, 'spec', ...args)
const refusal = (...args: readonly string[]) => refusalOf(addSpecCommand, 'spec', ...args)

function fileOf(name: string, edit: (document: Editable) => void): string {
  const { root } = upstream(edit, whole)
  return folder.write(name, name.endsWith('.json') ? JSON.stringify(root) : stringify(root))
}

it.each(['yaml', 'json'])('spec prints one document, whole, as %s', async (format) => {
  const { status, stdout } = await run('--format', format)
  expect(status).toBe(0)
  expect(parse(stdout)).toEqual(whole.root)
})

describe('spec --compare', () => {
  it('ends with 0 when nothing breaks a client', async () => {
    const file = fileOf('same.json', (document) => delete document.components?.schemas?.LocalRunner?.required)
    const { status, stdout } = await run('--compare', file)
    expect(status).toBe(0)
    expect(stdout).toContain('operations compared: nothing that breaks a client; 0 notes, 0 flaws in theirs.')
  })

  it('lists differences by operation, names flaws, and ends with 1 when one breaks a client', async () => {
    const file = fileOf('moved.yaml', (document) => {
      const job = document.components?.schemas?.CreateLocalRunnerJobRequest
      put(job?.properties, 'priority', { type: 'integer' })
      put(job, 'required', ['agent_name', 'priority'])
      put(document.components?.headers, 'Location', { description: 'Where.' })
    })
    const { status, stdout } = await run('--compare', file)
    expect(status).toBe(1)
    const sections = stdout.split('\n\n')
    expect(sections).toContain(
      'createJob  POST /v1/private/local-runners/jobs\n' +
        '  breaking  request body /priority: field that ours lacks: integer, required\n' +
        '  flaw      response 201 header Location: no schema; its type is left open; not compared',
    )
    expect(sections.at(-1)).toMatch(
      /^\d+ operations compared: 1 difference that breaks a client; 0 notes, \d+ flaws in theirs\.\nBreaking: createJob\.\n$/,
    )
  })

  it('gives the findings as data with --json', async () => {
    const file = fileOf(
      'status.json',
      (document) => delete document.paths?.['/v1/private/local-runners/jobs']?.post?.responses?.['429'],
    )
    const { status, stdout } = await run('--compare', file, '--json')
    const { operations, totals } = JSON.parse(stdout) as {
      operations: { operation: string; findings: unknown[] }[]
      totals: object
    }
    expect(status).toBe(0)
    expect(totals).toMatchObject({ breaking: 0, notes: 1, flaws: 0 })
    expect(operations.find(({ operation }) => operation === 'createJob')?.findings).toEqual([
      {
        operation: 'createJob',
        where: 'response 429',
        kind: 'status',
        change: 'removed',
        severity: 'note',
        ours: 'application/json',
      },
    ])
  })

  it('refuses a file that can’t be compared', async () => {
    const pets = 'openapi: 3.0.0\npaths: {/pets: {get: {tags: [Pets], responses: {}}}}\n'
    const files = [folder.write('broken.yaml', 'openapi: 3.1.0\npaths: [\n'), folder.write('foreign.yaml', pets)]
    for (const file of [...files, folder.write('list.yaml', '- a\n'), folder.at('missing.yaml'), folder.at()])
      expect(await refusal('--compare', file)).toContain(file)
  })

  it('compares with --only what is named, and names the operations that break', async () => {
    const file = fileOf('whole.json', (document) => {
      put(document.components?.schemas?.Project?.properties, 'name', { type: 'integer' })
    })
    expect(await run('--compare', file, '--only', 'Runners, pairing')).toMatchObject({ status: 0 })
    const { status, stdout } = await run('--compare', file, '--only', '/projects')
    expect(status).toBe(1)
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('getProjectById')
    expect(await run('--compare', file, '--only', '/projects', '--only', 'runners')).toMatchObject({ status })
    expect(await refusal('--compare', file, '--only', 'runnerz')).toContain('runnerz')
  })

  it.each([
    ['--only', ['--only', 'runners']],
    ['--json', ['--json']],
    ['--format', ['--compare', 'x.yaml', '--format', 'json']],
  ])('refuses %s without what it is about', async (option, args) => {
    expect(await refusal(...args)).toContain(option)
  })
})

const REDOCLY = resolve('node_modules/@redocly/cli/bin/cli.js')
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
beforeAll(async () => {
  const spec = startProgram(resolve('dist/cli/main.js'), ['spec', '--arazzo'], {}, folder.at())
  expect(await spec.closeInput()).toBe(0)
  folder.write('lifecycle.arazzo.yaml', spec.output())
})

/** Runs workflows, by default all, against a mock whose answers to an operation are changed. */
async function respect(
  workflow?: string,
  operation?: OperationId,
  change?: (reply: ApiResponse) => Partial<ApiResponse>,
) {
  const settings = { next_job_poll_timeout_seconds: 0.05, bridge_poll_timeout_seconds: 0.05 }
  const mock = createRunnerMock({ settings })
  const handle = mock.handle.bind(mock)
  mock.handle = async (exchange) => {
    const reply = await handle(exchange)
    const match = matchOperation(exchange.method, exchange.url.replace(/^\/api|\?.*$/g, ''))
    const isMeant = match.kind === 'operation' && match.operation.id === operation
    return isMeant ? { ...reply, ...change?.(reply) } : reply
  }
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  const where = ['-S', `api=${server.url}`, '-S', `admin=${server.adminUrl}`]
  const only = workflow === undefined ? [] : ['-w', workflow]
  const program = startProgram(REDOCLY, ['respect', 'lifecycle.arazzo.yaml', ...where, ...only], QUIET, folder.at())
  const code = await program.closeInput()
  return { code, output: program.output() }
}

describe('spec --arazzo', () => {
  it('has workflows for all machines that a served mock passes', async () => {
    const { code, output } = await respect()
    expect([code, output.match(/Workflows: .*/)?.[0]]).toEqual([0, expect.stringMatching(/\b3\d passed, 3\d total/)])
    for (const machine of ['pairingSession', 'runner', 'job', 'bridgeCommand'])
      expect(output).toContain(`${machine}-none`)
  })

  const withStatus = (status: string) => (reply: ApiResponse) => ({
    body: reply.body.replace(/"status":"\w+"/, `"status":"${status}"`),
  })
  it.each([
    ['takes a second result', 'bridgeCommand-completed', 'reportBridgeResult', () => ({ status: 204, body: '' })],
    ['cancels what is not there', 'job-none', 'cancelJob', () => ({ status: 204, body: '' })],
    ['shows another state', 'job-pending-nextJob', 'getJob', withStatus('pending')],
  ] as const)('fails a mock that %s', async (_, workflow, operation, change) => {
    const { code, output } = await respect(workflow, operation, change)
    expect([code, output]).toEqual([1, expect.stringContaining('✗ success criteria check')])
  })
})

interface Score {
  agentReadiness: number
  subscores: { documentationQuality: number; errorClarity: number; identifierClarity: number }
}

describe.each([
  ['local-runners', 85, 1],
  ['neighbours', 81, 0.95],
])('openapi/%s.yaml', (name, readiness, documented) => {
  it(`scores ${readiness} or more, with its fields described`, () => {
    const command = [resolve('node_modules/@redocly/cli/bin/cli.js'), 'score', `openapi/${name}.yaml`, '--format=json']
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', env })
    const { agentReadiness, subscores } = JSON.parse(stdout) as Score
    expect(agentReadiness).toBeGreaterThanOrEqual(readiness)
    expect(subscores.documentationQuality).toBeGreaterThanOrEqual(documented)
    expect([subscores.errorClarity, subscores.identifierClarity]).toEqual([1, 1])
  })
})
