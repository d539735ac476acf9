// Waiting for what another process brings about: a condition asked again and again, a bounded number of times.
import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How often the condition is asked at most; default 150. */
  tries?: number
  /** Milliseconds between two tries; default 100. */
  interval?: number
  /** Text added to the error when the tries are used up, such as the output of a child process. */
  details?: () => string
}

/** Resolves with the first value that `condition` answers other than undefined; rejects when the tries are used up. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | Promise<T | undefined>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { tries = 150, interval = 100, details } = options
  for (let attempt = 0; attempt < tries; attempt++) {
    const value = await condition()
    if (value !== undefined) return value
    await sleep(interval)
  }
  throw new Error(`${what} did not happen in ${tries} tries\n${details?.() ?? ''}`)
}
