/** Keeps the console in step with the server: follows its events, and reads what they change, over broken lines. */
import { pauseFor } from '../../kernel/clock.js'
import { signal } from '@preact/signals'
import type { History, WorldView } from '../../generated/kit-schema.js'
import { ADMIN, adminHeaders, isEvent, isTokenWanted, readView, type EventView } from './admin-api.js'
import { takeTurns } from './platform.js'
import { setTime } from './time.js'
import { world } from './world-state.js'
import { useEffect, useMemo } from 'preact/hooks'

export const connection = signal<'connecting' | 'live' | 'reconnecting'>('connecting')

type Hearer = (events: readonly EventView[]) => void

const hearers = new Set<Hearer>()

/** Calls `hear` with the events that arrive, a batch at a time. Returns a function that stops it. */
function onEvents(hear: Hearer): () => void {
  hearers.add(hear)
  return () => hearers.delete(hear)
}

type Judge = (event: EventView) => boolean

/**
 * The latest events that the server keeps, `limit` at most, read on as they come once they are followed. `query`: which of
 * them, '' for all; `isStart`: those before the latest such one are left out; `isAbout`: which it is read on for, besides a
 * reset.
 */
export function createHistory(query: string, limit: number, { isStart, isAbout }: { isStart: Judge; isAbout: Judge }) {
  const events = signal<readonly EventView[]>([])
  let upTo = 0
  let isOver = true
  const read = takeTurns(async () => {
    const begins = isOver
    const after = begins ? 0 : upTo
    isOver = false
    const history = await readView<History>(`/history?${query}&limit=${limit}&after=${after}`, 'cursor', 'events')
    isOver ||= begins && history === undefined
    if (history === undefined) return
    const all = [...(begins ? [] : events.peek()), ...history.events].slice(-limit)
    upTo = Number(history.cursor.split('-')[1] ?? 0)
    events.value = all.slice(all.findLastIndex(isStart) + 1)
  })
  let isFollowed = false
  const follow = (): void => {
    if (isFollowed) return
    isFollowed = true
    onEvents((come) => {
      // It may be another server, whose ids begin at 1.
      if (come.some(({ type }) => type === 'reset')) isOver = true
      if (isOver || come.some(isAbout)) void read()
    })
    void read()
  }
  return { events, follow }
}

/** Where the stream is to be taken up; undefined until the world has been read. */
let cursor: string | undefined

export async function goLive(): Promise<void> {
  for (let failures = 0; ; failures++) {
    if (cursor === undefined || isTokenWanted.value) await readWorld()
    if (cursor !== undefined && (await follow(cursor))) failures = 0
    if (cursor !== undefined || failures > 0) connection.value = 'reconnecting'
    await pauseFor(Math.min(250 * 2 ** failures, 3000))
  }
}

/** Reads the world; resolves when it is as it was after the call, or the server does not answer. */
export const readWorld = takeTurns(async () => {
  const members = ['cursor', 'clock', 'settings', 'faults', 'projects', 'sessions', 'runners', 'jobs'] as const
  const view = await readView<WorldView>('/world', ...members)
  if (view === undefined) return
  cursor ??= view.cursor
  setTime(view.clock)
  world.value = view
})

/**
 * Follows the stream until it ends or breaks: server-sent events over fetch, since EventSource can send no header. Returns
 * whether it had begun.
 */
async function follow(from: string): Promise<boolean> {
  let hasBegun = false
  try {
    const headers = { ...adminHeaders(), 'last-event-id': from, accept: 'text/event-stream' }
    const { status, ok, body } = await fetch(`${ADMIN}/events`, { headers, cache: 'no-store' })
    if (status === 403) isTokenWanted.value = true
    if (!ok || body === null) return false
    hasBegun = true
    connection.value = 'live'
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return true
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop() ?? ''
      take(blocks.map(readBlock).filter(isEvent))
    }
  } catch {
    return hasBegun
  }
}

/** Reads an event; one without a body has an id to come back with. */
function readBlock(block: string): unknown {
  const [, id] = /^id: (.*)$/m.exec(block) ?? []
  const [, data] = /^data: (.*)$/m.exec(block) ?? []
  if (id !== undefined) cursor = id
  return data && JSON.parse(data)
}

function take(events: readonly EventView[]): void {
  if (events.length === 0) return
  const latest = events.findLast((event) => 'at' in event)
  if (latest !== undefined) setTime({ now: latest.at })
  if (events.some(changesWorld)) void readWorld()
  for (const hear of hearers) hear(events)
}

/** Whether the view of the world may be another one after an event. */
function changesWorld(event: EventView): boolean {
  if (event.type !== 'request' || event.faults !== undefined) return true
  return event.operation !== undefined && CHANGING.includes(event.operation)
}

/** Operations that change it without a move of a machine. */
const CHANGING: readonly string[] = [
  ...['heartbeat', 'registerAgents', 'createProject', 'retrieveProject', 'deleteProjectById'],
]

/** What is watched: the latest value, and whether it has disappeared on the server since. */
export interface Watched<Value> {
  readonly value: Value | undefined
  readonly isGone: boolean
}

interface WatchOptions<Value> {
  /** Reads it; undefined when it is missing. `previous`: what was read before, for reading only what is new. */
  readonly read: (previous: Value | undefined) => Promise<Value | undefined>
  /** Which events besides a reset of the world tell of a change. Default: none. */
  readonly isAbout?: (event: EventView) => boolean
  /** The resources that it is and is part of: their moves change it, and with the end of one it is gone. */
  readonly resources?: (value: Value | undefined) => readonly (string | undefined)[]
}

/** Watches something as long as the component is shown and `key` stays the same. */
export function useWatched<Value>(key: string, { read, isAbout, resources }: WatchOptions<Value>): Watched<Value> {
  const watched = useMemo(() => signal<Watched<Value>>({ value: undefined, isGone: false }), [key])
  useEffect(() => {
    let isStopped = false
    const update = takeTurns(async () => {
      const previous = watched.peek().value
      const value = isStopped ? undefined : await read(previous)
      if (!isStopped) watched.value = value === undefined ? { value: previous, isGone: true } : { value, isGone: false }
    })
    const stopHearing = onEvents((events) => {
      const { value } = watched.peek()
      const ids = resources?.(value) ?? []
      const moves = events.filter((event) => 'machine' in event).filter(({ resource }) => ids.includes(resource.id))
      if (value !== undefined && moves.some(({ to }) => to === 'none')) watched.value = { value, isGone: true }
      else if (moves.length > 0 || events.some((event) => event.type === 'reset' || isAbout?.(event) === true))
        void update()
    })
    void update()
    return () => {
      isStopped = true
      stopHearing()
    }
  }, [key])
  return watched.value
}
