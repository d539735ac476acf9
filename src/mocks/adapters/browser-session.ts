// State kept over the reloads of a tab, in its sessionStorage: saved shortly after each change and when the page goes
// away, brought back at the next start, with the simulated runners that lived. Whatever cannot be used or saved costs
// a warning, and never the page.
import { afterRealTime } from '../../kernel/clock.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import { objectOf } from '../../kernel/json-value.js'
import { toBase64 } from '../../kernel/pairing.js'
import type { MockEvent } from '../world/events.js'
import { fromKept, toKept } from '../mock/snapshot-links.js'
import type { RunnerMock, RunnerMockOptions, Snapshot } from '../mock/runner-mock.js'

const STORAGE_KEY = 'opik-runner-kit'

/** Real milliseconds in which changes are gathered before they are saved. */
const SAVE_AFTER_MS = 250

/**
 * Brings a mock that is ready back to what the tab has kept, if it was kept of a mock with the same options, and keeps
 * its state from now on.
 * @param warn told what cannot be used or saved
 */
export async function keepInSession(mock: RunnerMock, options: RunnerMockOptions, warn: (message: string) => void) {
  const storage = findStorage()
  if (storage === undefined) {
    warn('This page has no sessionStorage: the state ends with the page.')
    return { isRestored: false, close: () => undefined }
  }
  const madeWith = await digest(options)
  const isRestored = await bringBack(mock, storage, madeWith, warn)
  return { isRestored, close: saveChanges(mock, storage, madeWith, warn) }
}

async function bringBack(
  mock: RunnerMock,
  storage: Storage,
  madeWith: string,
  warn: (message: string) => void,
): Promise<boolean> {
  const text = storage.getItem(STORAGE_KEY)
  if (text === null) return false
  const kept = parse(text)
  if (kept?.madeWith !== madeWith) {
    const reason = kept === undefined ? 'is none of ours, or damaged' : 'was made with other options'
    warn(`What sessionStorage has under "${STORAGE_KEY}" ${reason}: starting anew.`)
    return false
  }
  try {
    mock.restore(kept.snapshot)
    await mock.ready
    return true
  } catch (error) {
    warn(`The kept state cannot be restored: starting anew. ${String(error)}`)
    await mock.reset()
    return false
  }
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
      storage.setItem(STORAGE_KEY, writeJson({ madeWith, snapshot: toKept(mock.snapshot()) }))
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
    if (isWorthSaving(event)) callOffSave ??= afterRealTime(SAVE_AFTER_MS, save)
  })
  addEventListener('pagehide', save)
  save()
  return () => {
    removeEventListener('pagehide', save)
    stopListening()
    save()
  }
}

/** Signs of life of idle runners are not: they come every moment, and leaving the page saves the latest. */
function isWorthSaving(event: MockEvent): boolean {
  if (event.type !== 'request') return event.type !== 'timer'
  return event.method !== 'GET' && !SIGNS_OF_LIFE.includes(event.operation)
}

const SIGNS_OF_LIFE: readonly (string | undefined)[] = ['heartbeat', 'nextJob', 'nextBridgeCommands']

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
  const { seed, settings, profile, auth, scenario, now, frozen } = options
  const text = JSON.stringify([seed, settings, profile, auth, scenario, now, frozen])
  return toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

/** What was saved; undefined for anything else. */
function parse(text: string): { madeWith: unknown; snapshot: Snapshot } | undefined {
  try {
    const value = objectOf(readJson(text))
    const snapshot = fromKept(value['snapshot'])
    return snapshot && { madeWith: value['madeWith'], snapshot }
  } catch {
    return undefined
  }
}
