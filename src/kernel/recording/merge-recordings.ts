/**
 * Puts several recordings of one server together, on one clock, by what their headers say it showed where their times are
 * 0. Disagreeing clocks show by ids: no call can use an id before the server has made it.
 */
import { UUID } from '../id-source.js'
import { KitError } from '../errors.js'
import type { OperationId } from '../operation.js'
import { operationIn } from './recorded-call.js'
import type { RecordedExchange, Recording, RecordingHeader } from './recording.js'
import { NS_PER_MS } from './recorder.js'
import { isSameJson } from '../json-value.js'

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
    const member = COMMON.find((name) => !isSameJson(one?.header[name], header[name]))
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
