/** Work that a signal ends early. */
import { once } from 'node:events'

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
/** What asks a process to end: a key, a program, a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Resolves with the first signal. The caller then ends the process in its own way; the next signal ends it at once. */
export async function firstSignal(): Promise<void> {
  const heard = new AbortController()
  await Promise.race([...SIGNALS, 'SIGQUIT'].map((signal) => once(process, signal, { signal: heard.signal })))
  heard.abort()
}

/**
 * Does the work. A first signal aborts it, which leaves it time to clean up; a second one ends the process.
 * @returns with the exit code of the signal, if there was one
 */
export async function underSignals<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<{ result: Result; code: number | undefined }> {
  const stop = new AbortController()
  let code: number | undefined
  const onSignal = (signal: keyof typeof CODES): void => {
    if (code !== undefined) process.exit(code)
    code = CODES[signal]
    stop.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return { result: await work(stop.signal), code }
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
