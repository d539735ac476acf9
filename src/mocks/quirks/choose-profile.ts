/** Which version and which quirks make up which profile. One chunk with all of them, loaded when a mock is to have one. */
import { quirks as declared, type QuirkEntry, type QuirkId } from '../../generated/quirks.js'
import { lacks, versions, type LackedField, type Version } from '../../generated/versions.js'
import { findTemplate as findNeighbourTemplate } from '../../generated/neighbour-router.js'
import { findTemplate as findRunnerTemplate } from '../../generated/router.js'
import { neighbourOperations, changeField } from '../../kernel/all-operations.js'
import { copyJson, writeJson } from '../../kernel/json-text.js'
import { isObject } from '../../kernel/json-value.js'
import {
  createMatch,
  runnerOperations,
  type Match,
  type MatchOperation,
  type Operation,
} from '../../kernel/operation.js'
import { errorReply } from '../base/exchange.js'
import type { ProfileName, ProfileSettings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'
import * as requests from './request-quirks.js'
import { createActivationRevives, refusedHeartbeatRenews, refusedPayloadCounts } from './runner-quirks.js'

/** The quirks that the mock has: all but races, which are seen under load alone. */
export const playedQuirks: readonly string[] = Object.entries<QuirkEntry>(declared).flatMap(([id, entry]) =>
  entry.class === 'race' ? [] : [id],
)

/**
 * Where quirks act by themselves; the code that others concern asks for them by their ids. Those with a memory are created
 * again for each mock.
 */
export const actingQuirks: Readonly<Partial<Record<QuirkId, () => Deviations>>> = {
  'activation-revives': createActivationRevives,
  'refused-heartbeat-renews': () => refusedHeartbeatRenews,
  'refused-payload-counts': () => refusedPayloadCounts,
  'fractions-through-double': () => requests.fractionsThroughDouble,
  'status-any-case': () => requests.statusAnyCase,
  'oversized-page-500': () => requests.oversizedPage500,
  'null-agent-500': () => requests.nullAgent500,
  'broken-gzip-500': () => ({ brokenGzip: 500 }),
  'scalar-coercion': () => requests.scalarCoercion,
  'unknown-encoding-ignored': () => ({ ignoresUnknownEncoding: true }),
  'span-delete-501': () => requests.spanDelete501,
  'redirect-500': () => requests.redirect500,
  'search-refusals-as-stream': () => requests.searchRefusalsAsStream,
  'neighbour-request-500': () => requests.neighbourRequest500,
  'lenient-bodies': () => requests.lenientBodies,
}

/** What a profile does otherwise than the rules say. */
export function deviationsOf(profile: Exclude<ProfileName, 'spec'>, settings: ProfileSettings): Deviations {
  const made = Object.values(actingQuirks).map((make) => make())
  const today = [{ quirks: new Set(playedQuirks) }, requests.listedRefusals, ...made]
  switch (profile) {
    case 'opik':
    case 'opik@2.1':
      return join([olderVersion('2.1'), ...today])
    case 'opik@2.0':
      return join([olderVersion('2.0'), ...today])
    case 'opik@2.0.1':
      return join([runnersSwitchedOff(settings), olderVersion('2.0'), ...today])
  }
}

/** Runners and pairing are switched off unless the setting says otherwise, as they are first installed. */
function runnersSwitchedOff(settings: ProfileSettings): Deviations {
  return {
    answer({ operation }) {
      if (settings.runners_enabled === true || !Object.hasOwn(runnerOperations, operation)) return undefined
      return errorReply(501, 'Runners are not enabled on this server.')
    },
  }
}

/** Several sets of deviations as one; those that meet at one point act one after another. */
export function join(sets: readonly Deviations[]): Deviations {
  const at = <Point extends keyof Deviations>(point: Point) =>
    sets.map((each) => each[point]).filter((own): own is NonNullable<Deviations[Point]> => own !== undefined)
  const joined = sets.reduce<Deviations>((all, each) => ({ ...all, ...each }), {})
  const [reads, answers, mends] = [at('readParameter'), at('answer'), at('mend')]
  const [acts, statuses] = [at('afterRefusal'), at('statusOf')]
  if (answers.length > 0) joined.answer = (request) => first(answers, (answer) => answer(request))
  if (reads.length > 0)
    joined.readParameter = (operation, name, text) =>
      reads.reduce<string | undefined>((read, next) => next(operation, name, read), text)
  // Each of them sees what the ones before it have left.
  if (mends.length > 0) joined.mend = (broken) => mends.map((mend) => mend(broken)).includes(true)
  if (acts.length > 0) joined.afterRefusal = (call, refusal) => acts.forEach((act) => act(call, refusal))
  if (statuses.length > 0) joined.statusOf = (...refusal) => first(statuses, (statusOf) => statusOf(...refusal))
  return joined
}

function first<Each, Found>(list: readonly Each[], look: (each: Each) => Found | undefined): Found | undefined {
  for (const each of list) {
    const found = look(each)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * What a server of a version does otherwise than the newest, as the spec's marks tell: what it lacks is unknown to it. Newer
 * operations are paths that it does not know, newer fields and parameters are passed over and not shown, newer values of
 * enums are refused.
 */
function olderVersion(version: Version): Deviations {
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
      const lacked = answers[operation] ?? []
      if (lacked.length === 0) return body
      const shown = copyJson(body)
      for (const at of lacked) changeField(shown, at, () => undefined)
      // An answer that has lost all fields has no body.
      return isObject(shown) && Object.keys(shown).length === 0 ? undefined : shown
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
