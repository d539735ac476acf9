// The command `fixture`: prints fixtures as JSON. Which there are and how they are made is src/fixtures'; here are
// the choice by name, what --set means, and the check that the outcome still fits the spec.
import type { Command } from 'commander'
import { FixtureCommand } from '../generated/kit-command.js'
import type { FixtureCommand as FixtureFlags } from '../generated/kit-schema.js'
import { KitError } from '../kernel/errors.js'
import { componentValidators } from '../generated/component-validators.js'
import { printableLines } from '../kernel/printable.js'
import { createFixtures, fixtureKinds, type FixtureKind } from '../fixtures/create-fixtures.js'
import { adviceFor, unknownName } from '../kernel/problem.js'
import { violationsOf } from '../kernel/schema.js'
import { omitUndefined } from '../mocks/base/omit-undefined.js'
import { defineCommand } from './define-command.js'
import { applyToJson, parseAssignment, toOverrides, type Assignment } from './assignment.js'

export const addFixtureCommand = defineCommand(FixtureCommand, run)

/** An unknown kind or field, and values that the spec does not allow, are KitErrors. */
function run({ seed, now, count, set = [] }: FixtureFlags, [name]: readonly string[], command: Command): void {
  const write = (text: string) => command.configureOutput().writeOut?.(text)
  const assignments = set.map(parseAssignment)
  const kinds = fixtureKinds(createFixtures(omitUndefined({ seed, now })))
  if (name === undefined) write(listed(kinds))
  // Characters that no terminal should get are escaped, which JSON reads as themselves.
  else write(`${printableLines(JSON.stringify(printed(findKind(kinds, name), count, assignments), null, 2))}\n`)
}

function printed(kind: FixtureKind, count: number | undefined, set: readonly Assignment[]): unknown {
  if (count === undefined) return buildValid(kind, set, 0)
  return Array.from({ length: count }, (_, index) => buildValid(kind, set, index))
}

function buildValid(kind: FixtureKind, assignments: readonly Assignment[], index: number): unknown {
  const { overrides, rest } = toOverrides(assignments, kind.shape)
  const value = applyToJson(kind.build(overrides, { index }), rest)
  const validator = componentValidators[kind.schema]
  if (validator(value)) return value
  const violations = violationsOf(validator).map(({ pointer, message }) => `${pointer || 'the value'} ${message}`)
  throw new KitError('fixture/invalid', {
    failed: `With these values of --set it is no ${kind.schema}: ${violations.join('; ')}.`,
    fix: `Correct them; text that could be read as JSON needs quotes of its own, as in --set 'name="123"'.`,
  })
}

/** By its name, in any case and with or without dashes, or by its schema's. */
function findKind(kinds: readonly FixtureKind[], name: string): FixtureKind {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '')
  const found =
    kinds.find((kind) => plain(kind.name) === plain(name)) ?? kinds.find((kind) => plain(kind.schema) === plain(name))
  if (found !== undefined) return found
  // A right builder with a wrong variant gets a list of its variants, a wrong builder a list of builders: there are too
  // many of both.
  const variants = kinds.filter((kind) => plain(builderOf(kind.name)) === plain(builderOf(name)))
  const offered = variants.length > 0 ? variants : kinds.filter((kind) => kind.name === builderOf(kind.name))
  const names = (some: readonly FixtureKind[]): string[] => some.map((kind) => kind.name)
  const { expected } = unknownName(name, names(offered))
  const { meant } = unknownName(name, names(variants.length > 0 ? variants : kinds))
  throw new KitError('fixture/kind', {
    failed: 'There is no such kind of fixture.',
    value: `'${name}'`,
    fix: `${adviceFor({ path: [], value: name, expected, meant })} Without a kind the command lists all.`,
  })
}

function builderOf(name: string): string {
  return name.split('.', 1)[0] ?? ''
}

function listed(kinds: readonly FixtureKind[]): string {
  const width = Math.max(...kinds.map(({ name }) => name.length))
  return kinds.map(({ name, about }) => `${name.padEnd(width)}  ${about}\n`).join('')
}
