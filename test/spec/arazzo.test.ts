// The lifecycle as Arazzo workflows, run by Redocly's Respect, which knows nothing of the kit: green on a mock that is
// served, red where a rule is broken.
import { resolve } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { matchOperation } from '../../src/kernel/all-operations.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { serve } from '../../src/mocks/adapters/node.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { startProgram } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'

const REDOCLY = resolve('node_modules/@redocly/cli/bin/cli.js')
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

const folder = temporaryFolder()
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
