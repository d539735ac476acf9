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
import { parseJson } from '../kernel/json-text.js'
import type { Shape } from '../fixtures/base/fixture-types.js'
import { refuseUnknownFields } from '../fixtures/base/fixture-errors.js'

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
  const overrides: Container = kind.shape.kind === 'list' ? [] : {}
  const inValues = assignments.filter((assignment) => !assign(overrides, assignment, kind.shape))
  const value = kind.build(Object.keys(overrides).length > 0 ? overrides : undefined, { index })
  for (const assignment of inValues) {
    if (!isContainer(value)) throw noParts(assignment.path, 'This kind of fixture has no fields.')
    assign(value, assignment)
  }
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

interface Assignment {
  readonly path: readonly string[]
  readonly value: unknown
}

type Container = Record<string, unknown> | unknown[]

/** @throws KitError `fixture/set` when there is no `key=` */
export function parseAssignment(text: string): Assignment {
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === '') {
    throw new KitError('fixture/set', {
      failed: 'This value of --set names no field.',
      value: `'${text}'`,
      fix: 'Write it as key=value, such as status=failed or metadata.dataset_id=...',
    })
  }
  // What is no JSON is a text.
  const parsed = parseJson(value)
  return { path: key.split('.'), value: parsed === undefined ? value : parsed }
}

/**
 * Carries an assignment out, in overrides of a shape or in any JSON.
 * @returns false when the path leads into a value of the shape, where there is nothing to override
 * @throws KitError `fixtures/unknown-field`, `fixture/set`
 */
function assign(target: Container, { path, value }: Assignment, shape?: Shape): boolean {
  const [step = '', ...rest] = path
  if (shape?.kind === 'value') return false
  const inside = shape && partOf(shape, step)
  if (rest.length === 0) put(target, step, value)
  else if (inside?.kind === 'value') return false
  else return assign(enter(target, step, inside?.kind === 'list' ? [] : {}), { path: rest, value }, inside)
  return true
}

function partOf(shape: Exclude<Shape, { kind: 'value' }>, step: string): Shape {
  if (shape.kind !== 'record') return shape.items
  const part = Object.hasOwn(shape.fields, step) ? shape.fields[step] : undefined
  return part ?? refuseUnknownFields(shape.schema, Object.keys(shape.fields), step)
}

function enter(target: Container, step: string, fresh: Container): Container {
  const inner = Array.isArray(target)
    ? target[toPosition(step)]
    : Object.hasOwn(target, step)
      ? target[step]
      : undefined
  if (isContainer(inner)) return inner
  if (inner !== undefined) throw noParts([step], 'A key of --set goes into a value that has no parts.')
  put(target, step, fresh)
  return fresh
}

/** As an own member whatever its name: `__proto__` is a key like any other. */
function put(target: Container, step: string, value: unknown): void {
  if (Array.isArray(target)) target[toPosition(step)] = value
  else Object.defineProperty(target, step, { value, enumerable: true, writable: true, configurable: true })
}

const MAX_LIST_LENGTH = 10_000

function toPosition(step: string): number {
  const position = /^\d+$/.test(step) ? Number(step) : MAX_LIST_LENGTH
  if (position < MAX_LIST_LENGTH) return position
  throw new KitError('fixture/set', {
    failed: 'A key of --set names no place in a list.',
    value: `'${step}'`,
    fix: `Count the items from 0, such as content.0.status=failed, up to ${MAX_LIST_LENGTH - 1}.`,
  })
}

function noParts(path: readonly string[], failed: string): KitError {
  return new KitError('fixture/set', {
    failed,
    value: `'${path.join('.')}'`,
    fix: 'Set the whole value, or another field.',
  })
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}
