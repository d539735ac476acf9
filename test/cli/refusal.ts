// A command line that is refused, in this process: what a user is told, without the time that a process takes to start.
import { Command, CommanderError } from 'commander'
import { KitError } from '../../src/kernel/errors.js'

/** What the command says to a mistake of the user; fails where it makes nothing of it. */
export async function refusalOf(addTo: (program: Command) => void, ...args: readonly string[]): Promise<string> {
  const said: string[] = []
  const program = new Command('opik-runner-kit')
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: (text) => said.push(text) })
  addTo(program)
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof KitError) return error.message
    if (error instanceof CommanderError && error.exitCode !== 0) return said.join('')
    throw error
  }
  throw new Error(`${args.join(' ')} was not refused`)
}
