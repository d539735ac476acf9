/** Reads the args of a bridge command, which are any JSON, and refuses those of a wrong type. */
import { CommandError } from './command-error.js'

/** The args by name. */
export type Args = Readonly<Record<string, unknown>>

/** @throws CommandError `invalid_command` when the args are no object */
export function toArgs(value: unknown): Args {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('args', 'an object')
  return { ...value }
}

export function textArg(args: Args, name: string, otherwise?: string): string {
  const value = args[name] ?? otherwise
  if (typeof value !== 'string') throw wrong(name, 'a string')
  return value
}

/** A whole number from 0. */
export function countArg(args: Args, name: string, otherwise: number): number {
  const value = args[name] ?? otherwise
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(name, 'a number from 0')
  return Math.floor(value)
}

/** What a caller sent that no command takes. */
export function wrong(name: string, expected: string): CommandError {
  return new CommandError('invalid_command', `${name} must be ${expected}.`)
}
