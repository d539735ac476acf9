// A mock that watches, a runner in it, and its calls, sent by hand. Time stands still until `pass` moves it. And the
// command.
import { onTestFinished } from 'vitest'
import { operations } from '../../src/kernel/all-operations.js'
import { fillPath, type OperationId } from '../../src/kernel/operation.js'
import type { Credentials } from '../../src/generated/kit-schema.js'
import { watchConduct, type ConductReport, type ConductVerdict } from '../../src/mocks/conduct/watch-conduct.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { startProgram } from '../sdk/program.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'

export interface Stage {
  mock: RunnerMock
  /** Lets seconds pass. */
  pass: (seconds: number) => Promise<void>
}

/** Opens a stage; it is closed when the test ends. */
export function openStage(): Stage {
  const mock = createRunnerMock({ now: '2026-07-01T12:00:00Z', frozen: true, conduct: watchConduct })
  onTestFinished(() => mock.close())
  return { mock, pass: (seconds) => mock.clock.advance({ seconds }) }
}

export interface Scene extends Stage {
  runner: GivenRunner
  /** Sends a call of the runner; one about a job or command has its id. */
  send: (id: OperationId, body?: unknown, subject?: string) => Promise<unknown>
}

export async function openScene(type: GivenRunner['type'] = 'endpoint', as: Credentials = {}): Promise<Scene> {
  const stage = openStage()
  const agents = type === 'endpoint' ? ['echo'] : []
  const runner = await stage.mock.given.connectedRunner({ type, agents, as })
  return {
    ...stage,
    runner,
    send: async (id, body, subject = '') =>
      stage.mock.handle({
        method: operations[id].method,
        url: fillPath(operations[id], { runnerId: runner.id, jobId: subject, commandId: subject }),
        headers: { ...runner.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
  }
}

/** Beats as the process of a runner does, for so many seconds. */
export async function live({ send, pass, runner }: Scene, seconds: number, every = 5): Promise<void> {
  const capabilities = [runner.type === 'connect' ? 'bridge' : 'jobs']
  for (let second = 0; second < seconds; second += every) {
    await send('heartbeat', { capabilities })
    await pass(every)
  }
}

/** Has a job, which the runner takes. */
export async function takeJob({ mock, runner, send }: Scene): Promise<string> {
  const { id } = await mock.given.job({ runner })
  await send('nextJob')
  return id
}

/** The end of work as it is reported. */
export const COMPLETED = { status: 'completed', result: {} }

export function verdictOn(report: ConductReport, rule: string): ConductVerdict | undefined {
  return report.runners[0]?.verdicts.find((verdict) => verdict.rule === rule)
}

/** Runs the command to its end; answers exit code and report. */
export async function runConduct(...args: string[]): Promise<{ status: number | null; report: ConductReport }> {
  const program = startProgram('dist/cli/main.js', ['conduct', '--json', ...args], { OPIK_LOG_LEVEL: 'ERROR' })
  const status = await program.closeInput()
  const output = program.output()
  const json = /^\{\n {2}"at"[^]*?^\}$/m.exec(output)?.[0]
  if (json === undefined) throw new Error(`no report in ${output}`)
  return { status, report: JSON.parse(json) as ConductReport }
}
