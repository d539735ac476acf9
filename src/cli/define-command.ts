/** Commands as `openapi/kit.yaml` describes them: arguments, options with their types and defaults, and help. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { CommandForm, CommandOption } from '../generated/kit-form.js'
import { listOf } from '../kernel/json-value.js'
import { adviceFor } from '../kernel/problem.js'
import { expectForm, problemsOf, type OptionSchema } from '../kernel/validate-options.js'

/**
 * Returns what adds the command to a program.
 * @param run gets the options as their form says, and the arguments; may return the exit code
 */
export function defineCommand<Flags>(
  form: CommandForm<Flags>,
  run: (flags: Flags, args: readonly string[], command: Command) => unknown,
): (program: Command) => void {
  const { summary, description, argument, properties, required = [] } = form
  return (program) => {
    const command = program.command(form.command).summary(summary).description(description)
    if (argument !== undefined) command.argument(...argument)
    for (const [name, option] of Object.entries(properties))
      command.addOption(toOption(option).makeOptionMandatory(required.includes(name)))
    command.action(() => {
      const outcome = run(expectForm(form, command.opts(), form.command), command.args, command)
      return outcome instanceof Promise ? outcome.then(endWith) : endWith(outcome)
    })
  }
}

function endWith(code: unknown): void {
  if (typeof code === 'number') process.exitCode = code
}

function toOption(schema: CommandOption): Option {
  const { flag, initial, env, conflicts = [], hidden } = schema
  // `--port N` is `--port <N>` to the parser.
  const names = flag.replace(/ ([^[].*)$/, ' <$1>')
  const option = new Option(names, wordsOf(schema)).hideHelp(hidden === true)
  if (flag.includes(' ')) option.argParser((text: string, before: unknown) => parse(schema, text, before))
  if (initial !== undefined) option.default(initial)
  if (env !== undefined) option.env(env)
  return option.conflicts([...conflicts])
}

/** The description as plain text, with the names that it leaves out and the default. */
function wordsOf({ description, usual, items, enum: names = items?.enum ?? [] }: CommandOption): string {
  const choices = names.every((name) => description.includes(String(name))) ? '' : `; one of ${names.join(', ')}`
  const words = `${description}${choices}${usual === undefined ? '' : ` (default: ${usual})`}`
  return words.replaceAll(/`|\[(.*?)\]\(.*?\)/g, '$1')
}

/** @throws InvalidArgumentError in the words of the form */
function parse(schema: CommandOption, text: string, before: unknown): unknown {
  const value = schema.items === undefined ? read(schema, text) : [...listOf(before), ...partsOf(schema.flag, text)]
  const [problem] = problemsOf(schema, value)
  if (problem !== undefined) throw new InvalidArgumentError(adviceFor(problem))
  return value
}

/** Options whose flag says so take several texts at once, separated by commas. */
function partsOf(flag: string, text: string): string[] {
  if (!flag.includes(',')) return [text]
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function read({ type, anyOf = [] }: OptionSchema, text: string): unknown {
  const types = [type, ...anyOf.map((each) => each.type)]
  const isNumber = types.includes('integer') || types.includes('number')
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
