// A command line in this process, without the time that a process takes to start: what it prints, how it ends, and what a
// user is told whose command line is refused.
import { Command, CommanderError } from 'commander'
import { vi } from 'vitest'
import { KitError } from '../../src/kernel/errors.js'
export interface Outcome {
  status: number | undefined
  stdout: string
  /** What commander says to standard error. */
  stderr: string
}
type AddCommand = (program: Command) => void

/** Runs the command; throws what the command throws. */
export async function runCommand(addTo: AddCommand, ...args: readonly string[]): Promise<Outcome> {
  const outcome = { stdout: '', stderr: '' }
  const note = (part: unknown): boolean => (outcome.stdout += String(part)) !== ''
  const output = vi.spyOn(process.stdout, 'write').mockImplementation(note)
  const before = process.exitCode
  const program = new Command('opik-runner-kit')
  addTo(program)
  for (const each of [program, ...program.commands])
    each.exitOverride().configureOutput({ writeOut: note, writeErr: (text) => (outcome.stderr += text) })
  try {
    await program.parseAsync(args, { from: 'user' })
    return { ...outcome, status: Number(process.exitCode) }
  } catch (error) {
    if (error instanceof CommanderError) error.message = outcome.stderr
    throw error
  } finally {
    process.exitCode = before
    output.mockRestore()
  }
}
/** Runs a command that ends at once; its exit code as the command line has it. */
export function runAtOnce(addTo: AddCommand, ...args: readonly string[]): { code: number; out: string; err: string } {
  let [out, err] = ['', '']
  const program = new Command('opik-runner-kit')
    .exitOverride()
    .configureOutput({ writeOut: (text) => (out += text), writeErr: (text) => (err += text) })
  addTo(program)
  try {
    program.parse(args, { from: 'user' })
    return { code: Number(process.exitCode ?? 0), out, err }
  } catch (problem) {
    if (problem instanceof KitError) return { code: 2, out, err: problem.message }
    if (problem instanceof CommanderError) return { code: problem.exitCode === 0 ? 0 : 2, out, err }
    throw problem
  } finally {
    process.exitCode = undefined
  }
}
/** What the command says to a mistake of the user; fails where it makes nothing of it. */
export async function refusalOf(addTo: AddCommand, ...args: readonly string[]): Promise<string> {
  try {
    await runCommand(addTo, ...args)
  } catch (error) {
    if (error instanceof KitError || (error instanceof CommanderError && error.exitCode !== 0)) return error.message
    throw error
  }
  throw new Error(`${args.join(' ')} was not refused`)
}
