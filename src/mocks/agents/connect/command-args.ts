// What a bridge command is given, which is any JSON, and how it fails: one of the codes that daemons report, and words
// for people.
import type { CommandErrorCode } from '../../../generated/kit-schema.js'

export type { CommandErrorCode } from '../../../generated/kit-schema.js'

/** Thrown while a command is executed; becomes its `error`. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

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
