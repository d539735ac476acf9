/** The command line: it reads what a shell hands over, and turns a user's mistake into one clear line and exit code 2. */
import { format } from 'node:util'
import { Command, CommanderError } from 'commander'
import { isKitError } from '../kernel/errors.js'
import { printable, printableLines } from '../kernel/printable.js'
import { version } from '../kernel/version.js'

/** Adds a command to the program. */
export type AddCommand = (program: Command) => void

/**
 * Runs the command that the first argument names, and sets the exit code of the process: 2 after a mistake of the user, 1
 * after a bug; what a command itself finds, it says itself.
 *
 * @param args what stands behind the program's name
 * @param commands those it may name
 */
export async function runCommandLine(args: readonly string[], commands: readonly AddCommand[]): Promise<void> {
  // A reader that has seen enough (`spec | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  const program = new Command('opik-runner-kit')
    .description("A stateful mock, contract checks and fixtures for Opik's local-runner API")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(oneLine(message)) })
  for (const add of commands) add(program)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    const code = report(error)
    // After a bug something may still be open.
    if (code === 1) process.exit(code)
    process.exitCode = code
  }
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
