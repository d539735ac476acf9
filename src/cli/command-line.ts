/**
 * The command line. It finds the command, loads that one alone (starting quickly matters), and turns a user's mistake
 * into one clear line and exit code 2.
 */
import { format } from 'node:util'
import { Command, CommanderError } from 'commander'
import { isKitError } from '../kernel/errors.js'
import { printable, printableLines } from '../kernel/printable.js'
import { version } from '../kernel/version.js'

type AddCommand = (program: Command) => void

const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./serve.js')).addServeCommand,
  verify: async () => (await import('./run-verify.js')).addVerifyCommand,
  watch: async () => (await import('./run-watch.js')).addWatchCommand,
  limits: async () => (await import('./print-limits.js')).addLimitsCommand,
  scenario: async () => (await import('./run-scenario.js')).addScenarioCommand,
  conduct: async () => (await import('./run-conduct.js')).addConductCommand,
  mcp: async () => (await import('./run-mcp.js')).addMcpCommand,
  explore: async () => (await import('./run-explore.js')).addExploreCommand,
  spec: async () => (await import('./spec.js')).addSpecCommand,
  fixture: async () => (await import('./fixture.js')).addFixtureCommand,
}

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('opik-runner-kit')
    .description("A stateful mock, contract checks and fixtures for Opik's local-runner API")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(oneLine(message)) })
  const named = commands[args[0] ?? '']
  for (const load of named === undefined ? Object.values(commands) : [named]) (await load())(program)
  await program.parseAsync(args, { from: 'user' })
}

function oneLine(message: string): string {
  return `${printable(message.trim().replaceAll(/\s*\n\s*/g, ' ')).replace(/\.?$/, '.')} See --help.\n`
}

/** Mistakes of the user end with one line; anything else is a bug and keeps its stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (isKitError(error)) {
    process.stderr.write(`opik-runner-kit: ${printableLines(error.message)}\n`)
    return 2
  }
  process.stderr.write(`${printableLines(format(error))}\n`)
  return 1
}

// A reader that has seen enough (`spec | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  await main(process.argv.slice(2))
} catch (error) {
  const code = report(error)
  // After a bug something may still be open.
  if (code === 1) process.exit(code)
  process.exitCode = code
}
