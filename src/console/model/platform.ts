/**
 * Where the console meets the browser's time, dice and storage. Everything else asks here, so that what depends on
 * them can be found.
 */
import { pauseFor, realTime } from '../../kernel/clock.js'

/** Milliseconds of a frame. */
const FRAME = 16

/** How many times as long as its answer took the server rests before it is asked again, and milliseconds at most. */
const SHARE_OF_REST = 10
const MAX_REST_MS = 2000

/**
 * A function that asks the server something, once at a time: what is wanted while that goes on waits for the next time,
 * all together. It is asked after a frame at the earliest, and after a rest.
 */
export function takeTurns(ask: () => Promise<void>): () => Promise<void> {
  let next: Promise<void> | undefined
  let rested: Promise<unknown> = Promise.resolve()
  const run = async (): Promise<void> => {
    await rested
    await pauseFor(FRAME)
    next = undefined
    const begun = realTime()
    const asked = ask()
    const rest = (): Promise<void> => pauseFor(Math.min(SHARE_OF_REST * (realTime() - begun), MAX_REST_MS))
    rested = asked.then(rest, rest)
    await asked
  }
  return () => (next ??= run())
}

export function offerFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  URL.revokeObjectURL(url)
}

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

/** Reads what was kept in this tab under a name; undefined also where storage is forbidden. */
export function readKept(name: string): string | undefined {
  try {
    return sessionStorage.getItem(`opik-runner-kit/${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a text in this tab under a name, where storage is allowed. */
export function keep(name: string, value: string): void {
  try {
    sessionStorage.setItem(`opik-runner-kit/${name}`, value)
  } catch {
    // Without storage it lasts as long as the page.
  }
}
