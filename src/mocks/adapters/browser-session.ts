/**
 * State kept over the reloads of a tab, in its sessionStorage: saved shortly after each change and when the page goes
 * away, brought back at the next start, with the simulated runners that lived. Whatever cannot be used or saved costs
 * a warning, and never the page.
 */
import { afterRealTime } from '../../clock.js'
import { fromBase64, toBase64 } from '../../pairing.js'
import type { LiveRunner, StartableRunner } from '../agents/agents.js'
import { fromKept, toKept } from '../kept-snapshot.js'
import type { RunnerMock, RunnerMockOptions, Snapshot } from '../runner-mock.js'
import type { RunnerType } from '../../types.js'

/** Under which key the state of a tab is kept. */
const STORAGE_KEY = 'opik-runner-kit'

/** Real milliseconds in which changes are gathered before they are saved. */
const SAVE_AFTER_MS = 250

/** Keeps a mock's state in the session. */
export interface SessionKeeper {
  readonly isRestored: boolean
  /** The simulated runners that lived when the state was saved. */
  readonly restoredRunners: readonly StartableRunner[]
  /** Saves once more, and stops. */
  close(): void
}

/**
 * Brings a mock that is ready back to what the tab has kept, if it was kept of a mock with the same options, and keeps
 * its state from now on.
 * @param warn told what cannot be used or saved
 */
export async function keepInSession(
  mock: RunnerMock,
  options: RunnerMockOptions,
  warn: (message: string) => void,
): Promise<SessionKeeper> {
  const storage = findStorage()
  if (storage === undefined) {
    warn('This page has no sessionStorage: the state ends with the page.')
    return { isRestored: false, restoredRunners: [], close: () => undefined }
  }
  const madeWith = await digest(options)
  const kept = readKept(storage, madeWith, warn)
  const isRestored = kept !== undefined && (await restore(mock, kept.snapshot, warn))
  const restoredRunners = isRestored ? await revive(mock, kept.runners) : []
  return { isRestored, restoredRunners, close: saveChanges(mock, storage, madeWith, warn) }
}

async function restore(mock: RunnerMock, snapshot: Snapshot, warn: (message: string) => void): Promise<boolean> {
  try {
    mock.restore(snapshot)
    return true
  } catch (error) {
    warn(`The kept state cannot be restored: starting anew. ${String(error)}`)
    await mock.reset()
    return false
  }
}

/** What the tab has kept of a mock with these options. */
function readKept(storage: Storage, madeWith: string, warn: (message: string) => void): Kept | undefined {
  const text = storage.getItem(STORAGE_KEY)
  if (text === null) return undefined
  const kept = parse(text)
  if (kept?.madeWith === madeWith) return kept
  const reason = kept === undefined ? 'is none of ours, or damaged' : 'was made with other options'
  warn(`What sessionStorage has under "${STORAGE_KEY}" ${reason}: starting anew.`)
  return undefined
}

/** Starts the endpoint runners again; one that has gone meanwhile, evicted by another, is left out. */
async function revive(mock: RunnerMock, runners: readonly LiveRunner[]): Promise<StartableRunner[]> {
  const revived: StartableRunner[] = []
  for (const { runner, agents } of runners) {
    const isGone = runner.type === 'endpoint' && (await start(mock, runner, agents)) === undefined
    if (!isGone) revived.push(runner)
  }
  return revived
}

function start(mock: RunnerMock, runner: StartableRunner, agents: readonly string[]) {
  return mock.agents.start(runner, { agents, resume: true }).catch(() => undefined)
}

function saveChanges(
  mock: RunnerMock,
  storage: Storage,
  madeWith: string,
  warn: (message: string) => void,
): () => void {
  let isFailing = false
  const save = (): void => {
    callOff()
    try {
      storage.setItem(STORAGE_KEY, serialize(mock, madeWith))
      isFailing = false
    } catch (error) {
      // An earlier state would come back as if nothing had happened since.
      storage.removeItem(STORAGE_KEY)
      if (!isFailing) warn(`The state cannot be kept: a reload would start anew. ${String(error)}`)
      isFailing = true
    }
  }
  let callOffSave: (() => void) | undefined
  const callOff = (): void => {
    callOffSave?.()
    callOffSave = undefined
  }
  const stopListening = mock.on('*', (event) => {
    if (event.type !== 'request' || event.method !== 'GET') callOffSave ??= afterRealTime(SAVE_AFTER_MS, save)
  })
  addEventListener('pagehide', save)
  save()
  return () => {
    removeEventListener('pagehide', save)
    stopListening()
    save()
  }
}

/** A tab's storage, where the browser grants it. */
function findStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    return undefined
  }
}

/** Options as a text of fixed length: keys of users are not to be stored. */
async function digest(options: RunnerMockOptions): Promise<string> {
  const { seed, settings, auth, scenario, now, frozen } = options
  const text = JSON.stringify([seed, settings, auth, scenario, now, frozen])
  return toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

function serialize(mock: RunnerMock, madeWith: string): string {
  const runners = mock.agents.alive().map(({ runner, agents }) => {
    const { id, sessionId, projectId, type, name, as } = runner
    const keys = { activationKey: toBase64(runner.activationKey), bridgeKey: toBase64(runner.bridgeKey) }
    return { agents, runner: { id, sessionId, projectId, type, name, as, ...keys } }
  })
  return JSON.stringify({ madeWith, snapshot: toKept(mock.snapshot()), runners })
}

interface Kept {
  madeWith: unknown
  snapshot: Snapshot
  runners: LiveRunner[]
}

/** What `serialize` has written; undefined for anything else. */
function parse(text: string): Kept | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value) || !Array.isArray(value.runners)) return undefined
  const snapshot = fromKept(value.snapshot)
  const runners = value.runners.map(toLiveRunner)
  if (snapshot === undefined || !runners.every((runner) => runner !== undefined)) return undefined
  return { madeWith: value.madeWith, snapshot, runners }
}

function toLiveRunner(value: unknown): LiveRunner | undefined {
  if (!isObject(value) || !isTextList(value.agents) || !isObject(value.runner)) return undefined
  const { id, sessionId, projectId, type, name, as } = value.runner
  const activationKey = toBytes(value.runner.activationKey)
  const bridgeKey = toBytes(value.runner.bridgeKey)
  if (activationKey === undefined || bridgeKey === undefined || !isRunnerType(type)) return undefined
  if (!isText(id) || !isText(sessionId) || !isText(projectId) || !isText(name)) return undefined
  const speaksFor = isObject(as) ? { as: { workspace: textOf(as.workspace), apiKey: textOf(as.apiKey) } } : {}
  const runner = { id, sessionId, projectId, type, name, activationKey, bridgeKey, ...speaksFor }
  return { agents: value.agents, runner }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isText = (value: unknown): value is string => typeof value === 'string'

function isRunnerType(value: unknown): value is RunnerType {
  return value === 'connect' || value === 'endpoint'
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText)
}

const textOf = (value: unknown): string | undefined => (isText(value) ? value : undefined)

const toBytes = (value: unknown): Uint8Array | undefined => (isText(value) ? fromBase64(value) : undefined)
