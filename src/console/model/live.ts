/**
 * Keeps the console in step with the server: reads the world once, then follows the stream of events from exactly
 * there. A broken connection is taken up again where it broke; when events are lost the world is read again.
 */
import { afterRealTime, pauseFor } from '../../kernel/clock.js'
import { signal } from '@preact/signals'
import type { EventView, FaultStateView, RunnerView, WorldView } from '../../kernel/admin-views.js'
import { gather } from './platform.js'
import { ADMIN, adminHeaders, idIn, isEvent, isTokenWanted, readAdmin } from './admin-api.js'
import { readHistory, readView, viewWith } from './admin-api.js'
import { hearTime, setTime } from './time.js'
import { addRunner, applyEvent, loadWorld } from './world-state.js'
import { listOf, memberOf } from '../../kernel/json-value.js'

type Connection = 'connecting' | 'live' | 'reconnecting'

export const connection = signal<Connection>('connecting')
/** What the server is and how it is set up; undefined until the world has been read. */
export const site = signal<Pick<WorldView, 'version' | 'api_path' | 'auth'> | undefined>(undefined)
export const settings = signal<Readonly<Record<string, number>>>({})
/** Takes what the server tells of its settings; those that are no numbers are the profile's. */
export function takeSettings(told: object): void {
  const numbers = Object.entries(told).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  settings.value = Object.fromEntries(numbers)
}

export const profile = signal('spec')
export const faults = signal<readonly FaultStateView[]>([])

type Hearer = (events: readonly EventView[]) => void

const hearers = new Set<Hearer>()

/** Calls `hear` with the events that arrive, a batch at a time. Returns a function that stops it. */
export function onEvents(hear: Hearer): () => void {
  hearers.add(hear)
  return () => hearers.delete(hear)
}

/**
 * Follows events: those that the server still keeps, then those that come; and all again after a reset.
 * @param query which events; those before the latest reset that `isStart` names are left out
 */
export function followHistory(
  query: string,
  isStart: (event: EventView) => boolean,
  hear: (events: readonly EventView[], isBeginning: boolean) => void,
): void {
  /** What has come since the server was asked for what it keeps. */
  let held: EventView[] | undefined
  const begin = async (): Promise<void> => {
    held = []
    const history = await readHistory(query)
    const late = held.filter((event) => 'id' in event && event.id > (history?.upTo ?? 0))
    held = undefined
    if (history === undefined) return
    const start = history.events.findLastIndex(isStart)
    hear([...history.events.slice(start + 1), ...late], true)
  }
  onEvents((events) => {
    if (events.some(({ type }) => type === 'reset')) void begin()
    else if (held === undefined) hear(events, false)
    else held.push(...events)
  })
  void begin()
}

/** Where the stream is to be taken up; undefined until the world has been read. */
let cursor: string | undefined

export async function goLive(): Promise<void> {
  for (let failures = 0; ; failures++) {
    if (cursor === undefined || isTokenWanted.value) takeOver(await readWorld())
    if (cursor !== undefined && (await follow(cursor))) failures = 0
    if (cursor !== undefined || failures > 0) connection.value = 'reconnecting'
    await pauseFor(Math.min(250 * 2 ** failures, 3000))
  }
}

function takeOver(view: WorldView | undefined): void {
  if (view === undefined) return
  cursor ??= view.cursor
  site.value = { version: view.version, api_path: view.api_path, auth: view.auth }
  takeSettings(view.settings)
  profile.value = view.profile
  faults.value = view.faults
  knownUpTo = idIn(view.cursor)
  setTime(view.clock.now, view.clock)
  loadWorld(view)
}

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

/** Id of the latest event that the world, as it was read, has in it. */
let knownUpTo = 0

function take(events: readonly EventView[]): void {
  for (const event of events) heed(event)
  if (events.length > 0) for (const hear of hearers) hear(events)
}

function heed(event: EventView): void {
  if (event.type === 'reset') {
    void refresh()
    return
  }
  if (event.type === 'clock') {
    if (event.action === 'freeze' || event.action === 'resume') setTime(event.to, { frozen: event.action === 'freeze' })
    if (event.action === 'scale') setTime(event.to, { speed: event.speed })
  }
  hearTime(event.at)
  if (event.id <= knownUpTo) return
  if (reads > 0) heardMeanwhile.push(event)
  if (event.type.startsWith('fault') || (event.type === 'request' && event.faults !== undefined)) wantFaults()
  const unknown = apply(event)
  if (unknown.runner !== undefined) wantRunner(unknown.runner)
  if (unknown.projects === true) wantWorld()
}

function apply(event: EventView): ReturnType<typeof applyEvent> {
  if (event.type === 'settings') {
    takeSettings(event.settings)
    profile.value = event.profile
  }
  return applyEvent(event)
}

/** Reads of the world, or a part of it, that are under way, and what was heard since the first of them began. */
let reads = 0
let heardMeanwhile: Exclude<EventView, { type: 'reset' }>[] = []

/**
 * Takes over what is read while the stream goes on. The answer may be older than an event that came before it, so those
 * are applied again: one that both tell of changes nothing the second time. What must be read for one was asked for when
 * it was heard.
 */
async function readBeside<View>(read: Promise<View>, takeIn: (view: View) => unknown): Promise<void> {
  reads++
  try {
    takeIn(await read)
    for (const event of heardMeanwhile) if (event.id > knownUpTo) apply(event)
  } finally {
    if (--reads === 0) heardMeanwhile = []
  }
}

const wantFaults = gather(30, () => {
  void readAdmin('/faults').then(({ isOk, body }) => {
    if (isOk) faults.value = listOf(memberOf(body, 'faults')).filter(isFault)
  })
})

const wantedRunners = new Set<string>()
/** Runners that are read one by one; for more of them the world is read at once. */
const MAX_SINGLE = 20

export function wantRunner(id: string): void {
  if (wantedRunners.size === 0) afterRealTime(30, () => void readWanted())
  wantedRunners.add(id)
}

async function readWanted(): Promise<void> {
  const ids = [...wantedRunners]
  wantedRunners.clear()
  if (ids.length > MAX_SINGLE) return refresh()
  const views = Promise.all(ids.map(readRunner))
  await readBeside(views, (read) => {
    for (const view of read) if (view !== undefined) addRunner(view)
  })
}

const wantWorld = gather(100, () => void refresh())

async function refresh(): Promise<void> {
  await readBeside(readWorld(), takeOver)
}

const readWorld = () =>
  readView<WorldView>('/world', 'cursor', 'clock', 'settings', 'faults', 'projects', 'sessions', 'runners', 'jobs')
const readRunner = (id: string) =>
  readView<RunnerView>(`/runners/${id}`, 'id', 'name', 'type', 'status', 'last_heartbeat_at', 'agents')
const isFault = viewWith<FaultStateView>('id', 'applied', 'waiting')
