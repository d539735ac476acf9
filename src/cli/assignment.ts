// What `--set key=value` means: overrides where the key names fields of a schema, and changes of the built value where
// it reaches into JSON that the API only stores.
import { KitError } from '../kernel/errors.js'
import { nestsTooDeeply } from '../kernel/json-text.js'
import type { Shape } from '../fixtures/base/fixture-types.js'
import { refuseUnknownFields } from '../fixtures/base/fixture-errors.js'

export interface Assignment {
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
  return { path: key.split('.'), value: parseValue(value) }
}

function parseValue(text: string): unknown {
  if (nestsTooDeeply(text)) {
    throw new KitError('fixture/set', { failed: 'This value of --set nests too deeply.', fix: 'Give a flatter one.' })
  }
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * The overrides for what a schema describes, undefined when there are none, and the assignments that go deeper.
 * @throws KitError `fixtures/unknown-field`, `fixture/set`
 */
export function toOverrides(
  assignments: readonly Assignment[],
  shape: Shape,
): { overrides: object | undefined; rest: readonly Assignment[] } {
  const overrides: Container = shape.kind === 'list' ? [] : {}
  const rest = assignments.filter((assignment) => !assign(overrides, assignment, shape))
  return { overrides: Object.keys(overrides).length > 0 ? overrides : undefined, rest }
}

/** False when the path leads into a value, where there is nothing to override. */
function assign(overrides: Container, { path, value }: Assignment, shape: Shape): boolean {
  let target = overrides
  let inside = shape
  for (const [depth, step] of path.entries()) {
    if (inside.kind === 'value') return false
    inside = partOf(inside, step)
    if (depth === path.length - 1) put(target, step, value)
    else if (inside.kind !== 'value') target = enter(target, step, inside.kind === 'list' ? [] : {})
  }
  return true
}

function partOf(shape: Exclude<Shape, { kind: 'value' }>, step: string): Shape {
  if (shape.kind !== 'record') return shape.items
  const part = Object.hasOwn(shape.fields, step) ? shape.fields[step] : undefined
  return part ?? refuseUnknownFields(shape.schema, Object.keys(shape.fields), step)
}

/** The value with the assignments carried out; it is changed in place. */
export function applyToJson(value: unknown, assignments: readonly Assignment[]): unknown {
  for (const assignment of assignments) {
    const { path } = assignment
    if (!isContainer(value)) throw noParts(path, 0)
    let target = value
    for (const step of path.slice(0, -1)) target = enter(target, step, {})
    put(target, path.at(-1) ?? '', assignment.value)
  }
  return value
}

function enter(target: Container, step: string, fresh: Container): Container {
  const inner = read(target, step)
  if (isContainer(inner)) return inner
  if (inner !== undefined) throw noParts([step], 1)
  put(target, step, fresh)
  return fresh
}

function read(target: Container, step: string): unknown {
  if (Array.isArray(target)) return target[toPosition(step)]
  return Object.hasOwn(target, step) ? target[step] : undefined
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

function noParts(path: readonly string[], depth: number): KitError {
  return new KitError('fixture/set', {
    failed: depth === 0 ? 'This kind of fixture has no fields.' : 'A key of --set goes into a value that has no parts.',
    value: `'${path.join('.')}'`,
    fix: 'Set the whole value, or another field.',
  })
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}
