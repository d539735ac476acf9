// The commands that kit.yaml describes are those of the command line, and the files that they read have schemas.
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { allCommands } from '../cli/all-commands.js'
import { kit } from './kit-document.js'

interface Flag {
  'x-flag': string
  'x-reads'?: string
}
interface Listed {
  'x-command'?: string
  'x-file'?: string
  properties?: Readonly<Record<string, Flag>>
}

const program = allCommands()
const listed = Object.values(kit?.schemas ?? {}).filter(
  (schema: Listed) => schema['x-command'] !== undefined,
) as Listed[]

it('lists every command', () => {
  const names = program.commands.map((command) => command.name())
  expect(listed.map((schema) => schema['x-command']).toSorted()).toEqual(names.toSorted())
})

/** Documents of others, and what commands write themselves. */
const FOREIGN = ['--cert FILE', '--compare FILE', '--key FILE', '--out FILE', '--recording-out FILE', '--state FILE']

it('has a JSON Schema for every file that a command reads', () => {
  const flags = listed.flatMap(({ properties = {} }) => Object.values(properties))
  const files = flags.filter((flag) => flag['x-reads'] !== undefined || flag['x-flag'].endsWith(' FILE'))
  const known = Object.values(kit?.schemas ?? {}).map((schema: Listed) => schema['x-file'])
  const without = files.filter((flag) => flag['x-reads'] === undefined || !known.includes(flag['x-reads']))
  expect([...new Set(without.map((flag) => flag['x-flag']))].toSorted()).toEqual(FOREIGN)
  for (const { 'x-reads': name } of files)
    if (name !== undefined) expect(readdirSync('schemas')).toContain(`${name}.json`)
})

it('helps with every option of a command, and with the names that it takes', () => {
  for (const command of program.commands) {
    const help = command.helpInformation()
    for (const { long, hidden } of command.options) expect(help.includes(`${long}`)).toBe(!hidden)
  }
  expect(program.commands.find((command) => command.name() === 'conduct')?.helpInformation()).toContain('rate-limited')
})
