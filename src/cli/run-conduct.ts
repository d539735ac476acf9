/** `opik-runner-kit conduct`: starts a mock, lets a client work against it, and judges how it has kept the contract. */
import { setTimeout as sleep } from 'node:timers/promises'
import { format } from 'node:util'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { checkReply, serve } from '../mocks/adapters/node.js'
import { watchConduct } from '../mocks/conduct/watch-conduct.js'
import { printableLines } from '../kernel/printable.js'
import type { PresetName } from '../mocks/base/fault.js'
import { presetNames } from '../mocks/engine/faults/fault-presets.js'
import { createRunnerMock, type RunnerMock } from '../mocks/mock/runner-mock.js'
import { startCommand } from './conduct-command.js'
import { giveJobs } from './conduct-jobs.js'
import { renderConduct } from './conduct-report.js'

interface ConductFlags {
  port: number
  for: number
  faults?: PresetName
  json?: true
}

const PROJECT = 'conduct'

/**
 * Adds `conduct --port N [--for SECONDS] [--faults PRESET] [-- COMMAND ...]` to a program. Sets `process.exitCode`: 0
 * when every `must` rule was kept, 1 when one was broken or nobody has called; 2, by a KitError, for a command or port
 * that cannot be used.
 */
export function addConductCommand(program: Command): void {
  program
    .command('conduct')
    .summary('grade a client: an SDK, a daemon')
    .description(
      'Serves a mock with a paired endpoint runner, runs COMMAND against it, gives it jobs, stops it and says how it ' +
        'has kept its side of the contract. Without COMMAND it prints the environment for a client that you start. ' +
        'Exits 0 when every must rule was kept, 1 when one was broken or nobody has called.',
    )
    .argument('[command...]', 'the client and its arguments, after --')
    .option('--port <number>', 'TCP port; 0 takes a free one', toPort, 0)
    .option('--for <seconds>', 'how long the client works', toSeconds, 20)
    .addOption(new Option('--faults <preset>', 'trouble that the client meets').choices(presetNames))
    .option('--json', 'print the report as JSON')
    .action(async (command: readonly string[], flags: ConductFlags) => {
      process.exitCode = await run(command, flags)
    })
}

async function run(command: readonly string[], flags: ConductFlags): Promise<number> {
  // Whatever API key the client finds in its surroundings, it is the runner's owner.
  const mock = createRunnerMock({ auth: 'local', conduct: watchConduct, checkReply })
  const stopping = new AbortController()
  const onSignal = (): void => stopping.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    const server = await serve(mock, {
      port: flags.port,
      onBug: (error) => console.error(printableLines(format(error))),
    })
    try {
      const runner = await pair(mock)
      if (flags.faults !== undefined) mock.faults.preset(flags.faults)
      const stopJobs = giveJobs(mock, runner)
      await letWork(command, environment(server.url, runner.id), flags.for, stopping.signal)
      stopJobs()
      return conclude(mock, { hasEnded: command.length > 0, asJson: flags.json === true })
    } finally {
      await server.close()
    }
  } finally {
    await mock.close()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

async function pair(mock: RunnerMock): Promise<{ id: string; projectId: string }> {
  const project = await mock.given.project({ name: PROJECT })
  return mock.given.connectedRunner({ type: 'endpoint', projectId: project.id, name: 'conduct-runner' })
}

function environment(url: string, runnerId: string): Record<string, string> {
  return {
    OPIK_URL_OVERRIDE: url,
    OPIK_RUNNER_MODE: 'true',
    OPIK_RUNNER_ID: runnerId,
    OPIK_PROJECT_NAME: PROJECT,
    OPIK_WORKSPACE: 'default',
  }
}

/** Until the time is over, the command has ended or somebody interrupts. */
async function letWork(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  seconds: number,
  interrupt: AbortSignal,
): Promise<void> {
  if (command.length === 0) {
    const lines = Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`)
    process.stderr.write(`start your client within ${seconds} s with\n${lines.join('')}`)
    await sleep(seconds * 1000, undefined, { signal: interrupt }).catch(() => undefined)
    return
  }
  const client = await startCommand(command, env)
  const over = new AbortController()
  const time = sleep(seconds * 1000, undefined, { signal: AbortSignal.any([interrupt, over.signal]) })
  await Promise.race([time.catch(() => undefined), client.ended])
  over.abort()
  await client.stop()
}

function conclude(mock: RunnerMock, { hasEnded, asJson }: { hasEnded: boolean; asJson: boolean }): number {
  const report = mock.conduct.report({ ended: hasEnded })
  process.stdout.write(asJson ? `${printableLines(JSON.stringify(report, null, 2))}\n` : renderConduct(report))
  return report.ok && report.runners.length > 0 ? 0 : 1
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65535) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

function toSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('Expected a number of seconds up to 86400.')
}
