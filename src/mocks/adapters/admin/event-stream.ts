// A mock's events as a stream of server-sent events that survives reconnects: each event has an id, the latest ones are
// kept, and a client that comes back with the last id it saw gets what it has missed, or is told that it is too late.
// Which transport carries the text is no matter of this file.
import type { GapEvent, History, MoveCount } from '../../../generated/kit-schema.js'
import { afterRealTime, realTime } from '../../../kernel/clock.js'
import { refuse, type Refusal } from '../../../kernel/errors.js'
import { eventTypes, isEventName, type MockEvent, type TransitionEvent } from '../../world/events.js'
import type { RunnerMock } from '../../mock/runner-mock.js'

export interface StreamSink {
  /** Takes a piece; false when the reader is so far behind that the stream should end. */
  write: (text: string) => boolean
  end: () => void
}

export interface StreamRequest {
  /** Types such as `job.completed`, or `job.*`. Empty: all. `reset` comes in any case. */
  types: readonly string[]
  /** What the client sent as `Last-Event-ID`; '' for a first visit. */
  lastEventId: string
}

export interface HistoryRequest {
  types: readonly string[]
  /** Only events after the one with this id. */
  after: number
  limit: number
  /** Only events of this resource, runner or path. */
  about: string
}

export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

/** The types that a filter may name: each of them, and `machine.*` for all of a machine. */
const filterTypes: readonly string[] = [
  ...new Set(eventTypes.flatMap((type) => (type.includes('.') ? [`${type.split('.', 1)[0] ?? ''}.*`, type] : [type]))),
]

/** The types that a query asks for, or what is wrong with them. */
export function typesIn(query: Readonly<Record<string, string | undefined>>): readonly string[] | Refusal<400> {
  const types = (query['type'] ?? '').split(',').filter((type) => type !== '')
  const unknown = types.find((type) => !filterTypes.includes(type))
  if (unknown === undefined) return types
  return refuse(400, `There are no events of type '${unknown}'; there are ${filterTypes.join(', ')}.`)
}

type Counted = { -readonly [Part in keyof MoveCount]: MoveCount[Part] }

/**
 * All open streams of one mock. It listens to everything but requests, of which the journal knows, and to those from the
 * first stream on: they come too often to be kept twice.
 */
export class EventStreams {
  private readonly mock: RunnerMock
  private readonly capacity: number
  private readonly heartbeatMs: number
  /** Tells the ids of this run from those of another, which count from 1 as well. */
  private readonly run = Math.floor(realTime()).toString(36)
  /** Readers, and which events each of them wants. */
  private readonly streams = new Map<StreamSink, (event: MockEvent) => boolean>()
  private ring: MockEvent[] = []
  private first = 1
  private latest = 0
  private stopListening: () => void
  private hearsRequests = false
  /** Entry of the first request of which it was told; the journal alone knows of those before. */
  firstHeardEntry = Infinity
  /** How often each move of a machine was heard of. */
  readonly moves: Counted[] = []
  private stopBeating: (() => void) | undefined

  /**
   * @param capacity events that are kept for clients that come back
   * @param heartbeatMs real time between signs of life, which keep proxies from closing a quiet stream
   */
  constructor(mock: RunnerMock, capacity = 20_000, heartbeatMs = 15_000) {
    this.mock = mock
    this.capacity = capacity
    this.heartbeatMs = heartbeatMs
    const names = eventTypes.filter(isEventName).filter((name) => name !== 'request')
    const stops = names.map((name) => mock.on(name, (event) => this.hear(event)))
    this.stopListening = () => stops.forEach((stop) => stop())
  }

  /** Starts to listen, and says where: as a `Last-Event-ID` it brings what comes from now on. */
  cursor(): string {
    this.listen()
    return `${this.run}-${this.latest}`
  }

  history({ types, after, limit, about }: HistoryRequest): History {
    const cursor = this.cursor()
    const isOfType = toFilter(types)
    const events: MockEvent[] = []
    for (let id = this.latest; id >= Math.max(this.first, after + 1) && events.length < limit; id--) {
      const event = this.ring[id % this.capacity]
      if (event?.id === id && isOfType(event.type) && (about === '' || isAbout(event, about))) events.push(event)
    }
    return { first: this.first, cursor, events: events.reverse() }
  }

  /** Opens a stream. Returns a function that forgets it, for when the client is gone. */
  open({ types, lastEventId }: StreamRequest, sink: StreamSink): () => void {
    this.listen()
    const isOfType = toFilter(types)
    const wants = ({ type }: MockEvent): boolean => type === 'reset' || isOfType(type)
    this.streams.set(sink, wants)
    this.send(sink, `retry: 1000\n${this.mark(this.latest)}\n${this.missedSince(lastEventId, wants)}`)
    this.keepAlive()
    return () => this.streams.delete(sink)
  }

  close(): void {
    this.stopListening()
    for (const sink of [...this.streams.keys()]) this.drop(sink)
    this.stopBeating?.()
  }

  private listen(): void {
    if (this.hearsRequests) return
    this.hearsRequests = true
    this.stopListening()
    this.stopListening = this.mock.on('*', (event) => this.hear(event))
  }

  private countMove({ machine, from, to, trigger }: TransitionEvent): void {
    const known = this.moves.find(
      (each) => each.on === trigger && each.to === to && each.from === from && each.machine === machine,
    )
    if (known === undefined) this.moves.push({ machine, from, on: trigger, to, count: 1 })
    else known.count++
  }

  /** What brings a client up to date: nothing for a new one, what it has missed for one that was here before. */
  private missedSince(lastEventId: string, wants: (event: MockEvent) => boolean): string {
    if (lastEventId === '') return ''
    const [, run, id] = /^([0-9a-z]+)-(\d{1,15})$/.exec(lastEventId) ?? []
    // The id of another run says nothing here.
    const seen = run === this.run ? Number(id) : Infinity
    if (seen > this.latest || seen < this.first - 1) {
      const missed = seen > this.latest ? {} : { missed: this.latest - seen }
      return this.format(this.latest, { type: 'reset', cause: 'gap', ...missed })
    }
    let text = ''
    for (let id = seen + 1; id <= this.latest; id++) {
      const event = this.ring[id % this.capacity]
      if (event?.id === id && wants(event)) text += this.format(id, event)
    }
    return text
  }

  private hear(event: MockEvent): void {
    // Events before the first stream were not kept.
    if (this.latest === 0) this.first = event.id
    if ('machine' in event) this.countMove(event)
    if (event.type === 'request') this.firstHeardEntry = Math.min(this.firstHeardEntry, event.entry)
    this.latest = event.id
    this.ring[event.id % this.capacity] = event
    this.first = Math.max(this.first, event.id - this.capacity + 1)
    let text: string | undefined
    for (const [sink, wants] of this.streams) if (wants(event)) this.send(sink, (text ??= this.format(event.id, event)))
  }

  /** Pieces of one turn leave together: node:http sees to it. */
  private send(sink: StreamSink, text: string): void {
    if (!sink.write(text)) this.drop(sink)
  }

  private drop(sink: StreamSink): void {
    if (this.streams.delete(sink)) sink.end()
  }

  private keepAlive(): void {
    if (this.stopBeating !== undefined || this.streams.size === 0) return
    this.stopBeating = afterRealTime(this.heartbeatMs, () => {
      this.stopBeating = undefined
      // The id lets a client whose filter held everything back resume from here.
      for (const sink of this.streams.keys()) this.send(sink, `: still here\n${this.mark(this.latest)}\n`)
      this.keepAlive()
    })
  }

  private format(id: number, event: MockEvent | GapEvent): string {
    return `${this.mark(id)}data: ${JSON.stringify(event)}\n\n`
  }

  private mark(id: number): string {
    return `id: ${this.run}-${id}\n`
  }
}

function isAbout(event: MockEvent, id: string): boolean {
  if ('path' in event) return event.path.includes(id)
  if (!('resource' in event)) return false
  return event.resource?.id === id || event.resource?.runner_id === id
}

function toFilter(types: readonly string[]): (type: string) => boolean {
  if (types.length === 0) return () => true
  const exact = new Set(types)
  return (type) => exact.has(type) || exact.has(`${type.split('.', 1)[0] ?? ''}.*`)
}
