// The options that kit.yaml lists of each command, which documents show as tables, are those that the command takes.
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { allCommands } from '../cli/all-commands.js'
import { kit } from './kit-document.js'

interface Flag {
  'x-flag': string
  'x-reads'?: string
  default?: unknown
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

describe.each(program.commands.map((command) => [command.name(), command] as const))('%s', (name, command) => {
  const { properties = {} } = listed.find((schema) => schema['x-command'] === name) ?? {}

  it('takes the options that are listed, by those names, and no others', () => {
    const taken = command.options.map((option) => [option.attributeName(), option.long])
    const said = Object.entries(properties).map(([member, flag]) => [member, flag['x-flag'].split(' ')[0]])
    expect(said.toSorted()).toEqual(taken.toSorted())
  })

  it('has the defaults that are listed', () => {
    const given = command.options.filter((option) => option.defaultValue !== undefined && option.long !== '--set')
    for (const option of given) {
      expect([option.long, properties[option.attributeName()]?.default]).toEqual([option.long, option.defaultValue])
    }
  })
})
