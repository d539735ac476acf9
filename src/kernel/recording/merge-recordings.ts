/**
 * Puts several recordings of one server together, on one clock, by what their headers say it showed where their times are
 * 0. Disagreeing clocks show by ids: no call can use an id before the server has made it. And finds who calls in them: each
 * recorder names keys for itself, so that one name may stand for two keys, and two names for one. Answers show which names are
 * one caller: a caller sees and changes only its own resources. For other names the question stays open.
 */
import { UUID } from '../id-source.js'
import { isDeepStrictEqual } from 'node:util'
import { KitError } from '../errors.js'
import type { OperationId } from '../operation.js'
import { operationIn } from './recorded-call.js'
import type { RecordedExchange, Recording, RecordingHeader } from './recording.js'
import { NS_PER_MS } from './recorder.js'
import { objectsAt, textAt } from '../json-value.js'
import type { Limits } from '../../contracts/target/target.js'
import { createCallReader, type ObservedCall } from '../../contracts/watch/observed-exchange.js'

/**
 * The recordings, their times counted from where the first call began. Headers that say nothing of a clock are taken
 * to share one.
 * @param names what they are called in errors. Default: by their numbers
 * @throws KitError `watch/together` for those that are not of one server, clocks that disagree, and a call that is in two
 */
export function mergeRecordings(recordings: readonly Recording[], names: readonly string[] = []): readonly Recording[] {
  if (recordings.length < 2) return recordings
  const nameOf = (at: number): string => names[at] ?? `recording ${at}`
  expectOneServer(recordings, nameOf)
  const zeros = recordings.map(({ header }) => header.wall_clock_ms_at_zero ?? header.recorder_clock_ms_at_zero)
  const known = zeros.filter((zero) => zero !== undefined)
  if (known.length > 0 && known.length < zeros.length) {
    throw new KitError('watch/together', {
      failed: `${nameOf(zeros.indexOf(undefined))} does not say what its clock showed, and others do.`,
      value: 'wall_clock_ms_at_zero',
      fix: 'Judge it by itself.',
    })
  }
  const aligned = known.length === 0 ? recordings : moved(recordings, known)
  expectOneStory(aligned, nameOf)
  return aligned
}

/** Base paths may differ: a page asks through another server than a daemon. */
function expectOneServer(recordings: readonly Recording[], nameOf: (at: number) => string): void {
  const [one] = recordings
  for (const [at, { header }] of recordings.entries()) {
    const member = COMMON.find((name) => !isDeepStrictEqual(one?.header[name], header[name]))
    if (member === undefined) continue
    throw new KitError('watch/together', {
      failed: `${nameOf(0)} and ${nameOf(at)} cannot be judged together: their ${member} differ.`,
      value: member,
      fix: member === 'settings' ? 'Give all of them those of the server: --limits FILE.' : 'Judge them one by one.',
    })
  }
}

const COMMON = ['settings', 'auth'] as const

/** @param zeros what each one's clock showed where its times are 0 */
function moved(recordings: readonly Recording[], zeros: readonly number[]): readonly Recording[] {
  // Where the first call began: of times since 1970, as a browser tells them, a number holds no nanoseconds.
  const begins = recordings.map(
    ({ exchanges: [first] }, at) => (zeros[at] ?? 0) + (first?.at_start_ns ?? 0) / NS_PER_MS,
  )
  const zero = Math.floor(Math.min(...begins))
  const isServers = recordings.some(({ header }) => header.wall_clock_ms_at_zero !== undefined)
  const clock = isServers ? { wall_clock_ms_at_zero: zero } : { recorder_clock_ms_at_zero: zero }
  return recordings.map(({ header, exchanges }, at) => ({
    header: { ...header, ...clock },
    exchanges: later(exchanges, ((zeros[at] ?? zero) - zero) * NS_PER_MS),
  }))
}

function later(exchanges: Recording['exchanges'], by: number): Recording['exchanges'] {
  if (by === 0) return exchanges
  return exchanges.map((each) => ({
    ...{ ...each, at_start_ns: each.at_start_ns + by, at_end_ns: each.at_end_ns + by },
    ...(each.standstills !== undefined && {
      standstills: each.standstills.map(({ from_ns, to_ns }) => ({ from_ns: from_ns + by, to_ns: to_ns + by })),
    }),
  }))
}

interface Place {
  readonly recording: number
  readonly exchange: RecordedExchange
}

/** Calls that are answered with ids which the server makes for them. */
const MAKING: ReadonlySet<OperationId> = new Set(['createPairingSession', 'createJob', 'createBridgeCommand'])
const ID = new RegExp(UUID, 'g')

/** No call knows an id before its creation, and no id is made twice. */
function expectOneStory(recordings: readonly Recording[], nameOf: (at: number) => string): void {
  const places = recordings.flatMap(({ exchanges }, recording) =>
    exchanges.map((exchange): Place => ({ recording, exchange })),
  )
  const makers = new Map<string, Place>()
  for (const place of places) {
    const { header } = recordings[place.recording] ?? {}
    for (const id of header === undefined ? [] : idsMadeBy(header, place.exchange)) {
      const known = makers.get(id)
      if (known !== undefined && isSameCall(known, place)) throw heardTwice(id, [known, place], nameOf)
      // A server that makes one twice is in the wrong, and its clock is not.
      if (known === undefined || place.exchange.at_start_ns <= known.exchange.at_start_ns) makers.set(id, place)
    }
  }
  let most: { id: string; early: Place; maker: Place; ns: number } | undefined
  for (const early of places) {
    for (const id of idsIn(askedIn(early.exchange) + answeredIn(early.exchange))) {
      const maker = makers.get(id)
      if (maker === undefined || maker.recording === early.recording) continue
      const ns = maker.exchange.at_start_ns - early.exchange.at_end_ns
      if (ns > (most?.ns ?? 0)) most = { id, early, maker, ns }
    }
  }
  if (most === undefined) return
  const { id, early, maker, ns } = most
  const [first, second] = [nameOf(early.recording), nameOf(maker.recording)]
  throw new KitError('watch/together', {
    failed: `${first} and ${second} cannot be judged together: their clocks are at least ${Math.ceil(ns / NS_PER_MS)} ms apart.`,
    value: `exchange ${early.exchange.id} of ${first} knows ${id}, which is made in exchange ${maker.exchange.id} of ${second}, later on`,
    fix: 'Judge them one by one, or record where the clocks agree, such as on one machine.',
  })
}

/** How far two recorders' times of one moment may be apart: each cuts its zero, or its times, to the millisecond. */
const ROUNDED_NS = 2 * NS_PER_MS

/** Whether two recorders have observed one call: it asked for the same, at the same time. */
function isSameCall(one: Place, other: Place): boolean {
  const [a, b] = [one.exchange, other.exchange]
  const isAtOnce = a.at_start_ns <= b.at_end_ns + ROUNDED_NS && b.at_start_ns <= a.at_end_ns + ROUNDED_NS
  return one.recording !== other.recording && isAtOnce && a.request.body === b.request.body
}

function heardTwice(id: string, places: readonly Place[], nameOf: (at: number) => string): KitError {
  const [one = '', other = ''] = places.map(({ recording }) => nameOf(recording))
  const where = places.map(({ recording, exchange }) => `exchange ${exchange.id} of ${nameOf(recording)}`)
  return new KitError('watch/together', {
    failed: `${one} and ${other} cannot be judged together: both hold the same calls.`,
    value: `${id} is made in ${where.join(' and in ')}`,
    fix: 'Judge by itself the one that holds all calls, or let each call go through one recorder.',
  })
}

function idsMadeBy(header: RecordingHeader, exchange: RecordedExchange): string[] {
  if (exchange.status !== 201 || exchange.request.base64 === true) return []
  const { operation } = operationIn(header, exchange) ?? {}
  if (operation === undefined || !MAKING.has(operation.id)) return []
  const asked = new Set(idsIn(askedIn(exchange)))
  return idsIn(answeredIn(exchange)).filter((id) => !asked.has(id))
}

function idsIn(text: string): string[] {
  return text.toLowerCase().match(ID) ?? []
}

function askedIn({ path, query = '', request: { body = '' } }: RecordedExchange): string {
  return `${path} ${query} ${body} `
}

function answeredIn({ response }: RecordedExchange): string {
  return response === undefined ? '' : `${response.headers['location'] ?? ''} ${response.body ?? ''}`
}

export interface Callers {
  /** Who the names in a recording stand for. */
  readonly namesIn: (recording: number) => (user: string) => string
  /** Whether two identities that differ may be of one caller. */
  readonly mayBeSameCaller: (one: string, other: string) => boolean
}

/** Names of one caller, one of a recording at most: within it, names are told apart by keys. */
type Group = ReadonlyMap<number, string>

/**
 * Finds equal callers by all answers. One recording needs no such search, nor does a server that takes calls without
 * keys.
 */
export function createCallers(recordings: readonly Recording[], limits: Limits): Callers {
  const isLocal = recordings.some(({ header }) => header.auth?.mode === 'local')
  const hasKeys = recordings.some(({ exchanges }) => exchanges.some(({ request }) => request.headers['authorization']))
  if (recordings.length < 2 || isLocal || !hasKeys) {
    return { namesIn: () => (user) => user, mayBeSameCaller: () => false }
  }
  const namesIn = (recording: number) => (user: string) => `${recording} ${user}`
  const groups = new Map<string, Group>()
  const groupOf = (name: string): Group => groups.get(name) ?? new Map([[Number.parseInt(name, 10), name]])
  for (const [one, other] of provedAlike(recordings, limits, namesIn)) {
    const [own, others] = [groupOf(one), groupOf(other)]
    if (own === others || overlap(own, others)) continue
    const group = new Map([...own, ...others])
    for (const name of group.values()) groups.set(name, group)
  }
  const named = (name: string): string => [...groupOf(name).values()][0] ?? name
  return {
    namesIn: (recording) => (user) => named(namesIn(recording)(user)),
    mayBeSameCaller: (one, other) => {
      const [[workspace, name = ''], [elsewhere, rival = '']] = [one.split('\n'), other.split('\n')]
      return workspace === elsewhere && !overlap(groupOf(name), groupOf(rival))
    },
  }
}

function overlap(one: Group, other: Group): boolean {
  return [...one.keys()].some((recording) => other.has(recording))
}

/** Pairs of names whose callers were shown, or have changed, the same. */
function provedAlike(recordings: readonly Recording[], limits: Limits, namesIn: Callers['namesIn']) {
  const seen = new Map<string, Set<string>>()
  const runnerOf = new Map<string, string>()
  const sessions = new Map<string, { runnerId: string; activators: Set<string> }>()
  const sessionOf = (id: string) => entryIn(sessions, id, () => ({ runnerId: '', activators: new Set() }))
  for (const [at, { header, exchanges }] of recordings.entries()) {
    const reader = createCallReader(header, limits, namesIn(at))
    for (const exchange of exchanges) {
      const observed = reader.read(exchange)
      // Any caller with the key of a session may activate it, and a goodbye is always accepted.
      if (observed === undefined || observed.operation === 'disconnectRunner') continue
      const { operation, call, answer, isAborted } = observed
      const name = call.caller.slice(observed.workspace.length + 1)
      const isTelling = !isAborted && (answer.status < 300 || answer.status === 409)
      if (operation === 'activatePairingSession' && (isTelling || isAborted))
        sessionOf(call.path['sessionId'] ?? '').activators.add(name)
      if (!isTelling) continue
      if (operation === 'createPairingSession') {
        sessionOf(textAt(answer.body, 'session_id')).runnerId = textAt(answer.body, 'runner_id')
        continue
      }
      const { ids, runnerId } = shownIn(observed)
      for (const id of ids) {
        entryIn(seen, id, () => new Set<string>()).add(name)
        if (runnerId !== '') runnerOf.set(id, runnerId)
      }
    }
  }
  // Who activates a session a second time may share the runner: that two have seen what is on it proves nothing.
  const shared = new Set([...sessions.values()].flatMap((each) => (each.activators.size > 1 ? [each.runnerId] : [])))
  const proves = (id: string): boolean => {
    const runnerId = runnerOf.get(id)
    return runnerId === undefined ? shared.size === 0 : !shared.has(runnerId) && !shared.has('')
  }
  return [...seen].flatMap(([id, [first = '', ...others]]) =>
    proves(id) ? others.map((other) => [first, other] as const) : [],
  )
}

function entryIn<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

/** Ids of the caller's own resources, by its answer, and the runner that it is on. */
function shownIn({ call: { path }, answer: { body, createdId } }: ObservedCall) {
  const shown = [body, ...objectsAt(body, 'content'), ...objectsAt(body, 'commands')]
  const told = shown.flatMap((each) => ['id', 'runner_id', 'command_id'].map((field) => textAt(each, field)))
  const { runnerId = textAt(body, 'runner_id'), jobId = '', commandId = '' } = path
  const ids = new Set([runnerId, jobId, commandId, createdId ?? '', ...told])
  ids.delete('')
  return { ids, runnerId }
}
