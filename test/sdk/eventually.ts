// Waiting for what another process brings about: a condition asked again and again, a bounded number of times.
import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How often the condition is asked at most; default 6000. */
  tries?: number
  /** Milliseconds between two tries; default 25. */
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
  const { tries = 6000, interval = 25, details } = options
  for (let attempt = 0; attempt < tries; attempt++) {
    const value = await condition()
    if (value !== undefined) return value
    await sleep(interval)
  }
  throw new Error(`${what} did not happen in ${tries} tries\n${details?.() ?? ''}`)
}
