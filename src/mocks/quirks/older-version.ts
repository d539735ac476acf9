/**
 * A server of an older version, as the spec's marks tell: what it lacks is unknown to it. Newer operations are paths
 * that it does not know, newer fields and parameters are passed over and not shown, newer values of enums are refused.
 */
import { lacks, versions, type LackedField, type Version } from '../../generated/versions.js'
import { findTemplate as findNeighbourTemplate } from '../../generated/neighbour-router.js'
import { findTemplate as findRunnerTemplate } from '../../generated/router.js'
import { neighbourOperations, changeField, keysAt } from '../../kernel/all-operations.js'
import { writeJson } from '../../kernel/json-text.js'
import { isObject } from '../../kernel/json-value.js'
import {
  createMatch,
  runnerOperations,
  type Match,
  type MatchOperation,
  type Operation,
} from '../../kernel/operation.js'
import type { Deviations } from '../engine/deviations.js'

/** What a server of a version does otherwise than the newest. */
export function olderVersion(version: Version): Deviations {
  const { fields = {}, values = {}, answers = {}, parameters = {}, lists = {} } = lacks[version]
  return {
    match: matchOf(version),
    answer({ operation, body }) {
      for (const { at, before } of fields[operation] ?? []) changeField(body, at, () => before)
      for (const { at, values: unknown } of values[operation] ?? [])
        changeField(body, at, (value) => (unknown.some((each) => each === value) ? NO_VALUE : value))
      return undefined
    },
    readParameter(operation, name, text) {
      const lacked: LackedField | undefined = parameters[operation]?.find(({ at }) => at === name)
      if (lacked === undefined) return text
      return lacked.before === undefined ? undefined : writeJson(lacked.before)
    },
    show(operation, body) {
      const left = (answers[operation] ?? []).reduce((shown, at) => without(shown, at.split('/')), body)
      // An answer that has lost all fields has no body.
      return left !== body && isObject(left) && Object.keys(left).length === 0 ? undefined : left
    },
    lists,
    isBefore: (other) => versions.findIndex((each) => each === other) > versions.indexOf(version),
  }
}

/** A text that no enum has. */
const NO_VALUE = ' '

/** Finds the operations that a version has; a path that only newer ones have may mean another operation, or none. */
function matchOf(version: Version): MatchOperation {
  const { operations = [] } = lacks[version]
  const isThere = ([, { id }]: readonly [string, Operation]): boolean => !operations.includes(id)
  const own = (all: Readonly<Record<string, Operation>>): Readonly<Record<string, Operation>> =>
    Object.fromEntries(Object.entries(all).filter(isThere))
  const matchRunners = createMatch(own(runnerOperations), findRunnerTemplate)
  const matchNeighbours = createMatch(own(neighbourOperations), findNeighbourTemplate)
  return (method, path) => {
    const found = matchRunners(method, path)
    return found.kind === 'unknown' ? matchByOther(matchNeighbours, method, path) : found
  }
}

/** Where a name is an id to other methods alone, the method is wrong. */
function matchByOther(match: MatchOperation, method: string, path: string): Match {
  const found = match(method, path)
  if (found.kind !== 'unknown') return found
  const others = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'].map((each) => match(each, path))
  const operations = others.flatMap((each) => (each.kind === 'operation' ? [each.operation] : []))
  const [first] = operations
  if (first === undefined) return found
  return { kind: 'wrong-method', template: first.path, allowed: operations.map((each) => each.method) }
}

/** A value without what stands at a place; the value itself stays as it is, since it may be kept. */
function without(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const keys = keysAt(value, name)
  if (keys.length === 0) return value
  if (Array.isArray(value)) return value.map((item: unknown) => without(item, rest))
  const copy: Record<string, unknown> = { ...value }
  for (const key of keys) {
    if (rest.length === 0) Reflect.deleteProperty(copy, key)
    else copy[key] = without(copy[key], rest)
  }
  return copy
}
