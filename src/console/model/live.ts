/**
 * Keeps the console in step with the server: reads the world once, then follows the stream of events from exactly
 * there. A broken connection is taken up again where it broke; when events are lost the world is read anew.
 */
import { signal } from '@preact/signals'
import type { EventView, RunnerView, WorldView } from '../../kernel/admin-views.js'
import { after, pause } from './platform.js'
import { ADMIN, adminHeaders, isTokenWanted, readAdmin } from './admin-api.js'
import { hasMembers, isObject, listOf, type JsonObject } from './body-shape.js'
import { listen } from './sse.js'
import { hearTime, setTime } from './time.js'
import { addRunner, applyEvent, loadWorld } from './world-state.js'

/** How the console stands with the server. */
export type Connection = 'connecting' | 'live' | 'reconnecting'

export const connection = signal<Connection>('connecting')
/** What the server is and how it is set up; undefined until the world has been read. */
export const site = signal<Pick<WorldView, 'version' | 'api_path' | 'auth'> | undefined>(undefined)
export const settings = signal<Readonly<Record<string, number>>>({})
/** Takes what the server tells of its settings; those that are no numbers are the profile's. */
export function takeSettings(told: object): void {
  const numbers = Object.entries(told).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  settings.value = Object.fromEntries(numbers)
}

/** How the mock behaves where servers differ. */
export const profile = signal('spec')
/** The faults that are under way. */
export const faults = signal<readonly JsonObject[]>([])

type Hearer = (events: readonly EventView[]) => void

const hearers = new Set<Hearer>()

/** Calls `hear` with the events that arrive, a batch at a time. Returns a function that stops it. */
export function onEvents(hear: Hearer): () => void {
  hearers.add(hear)
  return () => hearers.delete(hear)
}

/** Reads the world and follows it, until the page is closed. */
export async function goLive(): Promise<void> {
  let cursor = await readWorldAgain()
  for (let failures = 0; ; failures++) {
    const connectedAt = await follow(cursor, (id) => (cursor = id))
    if (connectedAt) failures = 0
    connection.value = 'reconnecting'
    await pause(Math.min(250 * 2 ** failures, 5000))
    if (isTokenWanted.value) cursor = await readWorldAgain()
  }
}

/** Reads the whole world; tries again until it works. Returns the cursor. */
async function readWorldAgain(): Promise<string> {
  for (let failures = 0; ; failures++) {
    const { isOk, body } = await readAdmin('/world')
    if (isOk && isWorldView(body)) {
      takeOver(body)
      return body.cursor
    }
    if (failures > 0) connection.value = 'reconnecting'
    await pause(Math.min(250 * 2 ** failures, 3000))
  }
}

function takeOver(view: WorldView): void {
  site.value = { version: view.version, api_path: view.api_path, auth: view.auth }
  takeSettings(view.settings)
  profile.value = view.profile
  faults.value = listOf(view, 'faults')
  knownUpTo = Number(view.cursor.split('-')[1] ?? 0)
  setTime(view.clock.now, view.clock.frozen)
  loadWorld(view)
}

/** Follows the stream until it ends. Returns whether it had begun. */
async function follow(from: string, onId: (id: string) => void): Promise<boolean> {
  const controller = new AbortController()
  let hasBegun = false
  const status = await listen({
    url: `${ADMIN}/events`,
    headers: { ...adminHeaders(), 'last-event-id': from },
    signal: controller.signal,
    onId,
    onOpen: () => {
      hasBegun = true
      connection.value = 'live'
    },
    onEvent: (data) => take(JSON.parse(data)),
  }).catch(() => 0)
  if (status === 403) isTokenWanted.value = true
  return hasBegun
}

/** Id of the latest event that the world, as it was read, has in it. */
let knownUpTo = 0
let batch: EventView[] = []

function take(event: unknown): void {
  if (!isEventView(event)) return
  if (batch.length === 0) queueMicrotask(passOn)
  batch.push(event)
}

function passOn(): void {
  const events = batch
  batch = []
  for (const event of events) heed(event)
  for (const hear of hearers) hear(events)
}

function heed(event: EventView): void {
  if (event.type === 'reset') {
    void refresh()
    return
  }
  if (event.type === 'clock') {
    const isFrozen = event.action === 'freeze' ? true : event.action === 'resume' ? false : undefined
    if (isFrozen !== undefined) setTime(event.to, isFrozen)
  }
  hearTime(event.at)
  if (event.id <= knownUpTo) return
  if (event.type === 'settings') {
    takeSettings(event.settings)
    profile.value = event.profile
  }
  if (isAboutFaults(event)) wantFaults()
  const unknown = applyEvent(event)
  if (unknown.runner !== undefined) wantRunner(unknown.runner)
  if (unknown.projects === true) wantWorld()
}

/** Whether faults began, ended, struck or let go of a request. */
function isAboutFaults(event: EventView): boolean {
  return event.type.startsWith('fault') || (event.type === 'request' && event.faults !== undefined)
}

let areFaultsWanted = false

function wantFaults(): void {
  if (areFaultsWanted) return
  areFaultsWanted = true
  after(30, () => {
    areFaultsWanted = false
    void readFaults()
  })
}

async function readFaults(): Promise<void> {
  const { isOk, body } = await readAdmin('/faults')
  if (isOk) faults.value = listOf(body, 'faults')
}

const wantedRunners = new Set<string>()
let isWorldWanted = false
/** Runners that are read one by one; for more of them the world is read at once. */
const MOST_SINGLE = 20

/** Reads a runner again soon. */
export function wantRunner(id: string): void {
  if (wantedRunners.size === 0) after(30, () => void readWanted())
  wantedRunners.add(id)
}

async function readWanted(): Promise<void> {
  const ids = [...wantedRunners]
  wantedRunners.clear()
  if (ids.length > MOST_SINGLE) return refresh()
  const answers = await Promise.all(ids.map((id) => readAdmin(`/runners/${id}`)))
  for (const { body } of answers) if (isRunnerView(body)) addRunner(body)
}

function wantWorld(): void {
  if (isWorldWanted) return
  isWorldWanted = true
  after(100, () => {
    isWorldWanted = false
    void refresh()
  })
}

/** Reads the world again while the stream goes on: an event that both tell of changes nothing the second time. */
export async function refresh(): Promise<void> {
  const { isOk, body } = await readAdmin('/world')
  if (isOk && isWorldView(body)) takeOver(body)
}

function isWorldView(value: unknown): value is WorldView {
  return hasMembers(
    value,
    'cursor',
    'clock',
    'settings',
    'faults',
    'projects',
    'sessions',
    'runners',
    'jobs',
    'commands',
  )
}

function isRunnerView(value: unknown): value is RunnerView {
  return hasMembers(value, 'id', 'name', 'type', 'status', 'last_heartbeat_at', 'agents')
}

function isEventView(value: unknown): value is EventView {
  return isObject(value) && typeof value['type'] === 'string'
}
