/** Snapshots of the world: kept in the page, written to files and read from them. */
import { signal } from '@preact/signals'
import { act, ADMIN, type Answer } from './admin-api.js'
import { offerFile } from './platform.js'
import type { Call } from './to-curl.js'
import { currentTime } from './time.js'
import { jobs, runners } from './world-state.js'

/** A snapshot that the page keeps. */
export interface Kept {
  readonly name: string
  /** Virtual milliseconds. */
  readonly at: number
  readonly runners: number
  readonly jobs: number
  readonly state: unknown
}

export const snapshots = signal<readonly Kept[]>([])

/** Takes a snapshot and keeps it. */
export async function takeSnapshot(): Promise<void> {
  const name = `snapshot ${snapshots.value.length + 1}`
  const what = { name, at: currentTime(), runners: runners.size, jobs: jobs.size }
  const { isOk, body } = await act('Take a snapshot', { method: 'GET', path: `${ADMIN}/state` })
  if (isOk) snapshots.value = [{ ...what, state: body }, ...snapshots.value]
}

/** The call that restores a snapshot. */
export function restoreCall(state: unknown): Call {
  return { method: 'PUT', path: `${ADMIN}/state`, body: state, bodyFile: 'snapshot.json' }
}

/** Restores a snapshot. */
export function restore(name: string, state: unknown): Promise<Answer> {
  return act(`Load ${name}`, restoreCall(state))
}

/** Offers a snapshot as a file. */
export function download({ name, state }: Kept): void {
  offerFile(`${name.replaceAll(' ', '-')}.json`, JSON.stringify(state), 'application/json')
}
