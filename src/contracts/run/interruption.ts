/** An interrupted run ends soon, even while the target has calls to answer. */
import type { RealTime } from '../target/transport.js'

/** How long a run that is interrupted may clean up, in milliseconds. */
const LAST_CLEANING_MS = 1200

/** What comes of some work; undefined when the signal aborts and the work does not end soon after. */
export async function unlessInterrupted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
  time: RealTime,
): Promise<Result | undefined> {
  if (signal === undefined) return work
  const over = new AbortController()
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal })
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, interrupted.then(() => time.within(work, LAST_CLEANING_MS, undefined))])
  } finally {
    over.abort()
  }
}
