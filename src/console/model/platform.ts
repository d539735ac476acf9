/**
 * Where the console meets the browser's time, dice and storage. Everything else asks here, so that what depends on
 * them can be found.
 */

export function realNow(): number {
  return Date.now()
}

/** Calls `run` once after `ms`. Returns a function that prevents it. */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Calls `run` every `ms`. Returns a function that stops it. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms)
  return () => clearInterval(timer)
}

/** Calls `run` before the next frame is drawn; soon in any case, since a page in the background draws none. */
function beforeNextFrame(run: () => void): void {
  let isDone = false
  const once = (): void => {
    if (isDone) return
    isDone = true
    run()
  }
  requestAnimationFrame(once)
  setTimeout(once, 200)
}

/** A function that has `run` called after so many milliseconds, or with the next frame; once however often it is called until then. */
export function gather(wait: number | 'frame', run: () => void): () => void {
  let isAsked = false
  const act = (): void => {
    isAsked = false
    run()
  }
  return () => {
    if (isAsked) return
    isAsked = true
    if (wait === 'frame') beforeNextFrame(act)
    else after(wait, act)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** What stands before `/__admin` in the address of the page: `/w/NAME` in a world beside the first one, else ''. */
export function worldRoot(): string {
  return /^\/w\/[^/]+(?=\/__admin\/)/.exec(location.pathname)?.[0] ?? ''
}

export function offerFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  URL.revokeObjectURL(url)
}

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

/** Reads what was kept under a name; undefined also where storage is forbidden. */
export function readKept(name: string, store: 'local' | 'session' = 'local'): string | undefined {
  try {
    return storeOf(store).getItem(`opik-runner-kit/${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a text under a name, where storage is allowed; undefined forgets it. */
export function keep(name: string, value: string | undefined, store: 'local' | 'session' = 'local'): void {
  try {
    if (value === undefined) storeOf(store).removeItem(`opik-runner-kit/${name}`)
    else storeOf(store).setItem(`opik-runner-kit/${name}`, value)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function storeOf(name: 'local' | 'session'): Storage {
  return name === 'local' ? localStorage : sessionStorage
}
