/**
 * The globals by which clients in this process wait and tell the time, on the clock of a mock while a run lasts; and what
 * they leave to others: cryptography, and errors that nothing handles.
 */
import type { Clock } from '../kernel/clock.js'

type Callback = (...args: unknown[]) => unknown

/** Timers of clients on the clock of a mock. */
export type ClientTimers = ReturnType<typeof installClientTimers>

/**
 * Puts `setTimeout`, `setInterval`, `Date` and `AbortSignal.timeout` on a clock.
 * @param onError hears what a timer's callback throws
 */
export function installClientTimers(clock: Clock, onError: (error: unknown) => void) {
  const active = new Map<number, () => void>()
  let count = 0
  const clear = (timer: unknown): void => active.get(Number(timer))?.()
  /** An object as in Node, and a number where one is needed. */
  const start = (isRepeated: boolean, callback: Callback, ms: unknown, args: readonly unknown[]): object => {
    const id = ++count
    const set = (): void => {
      clear(id)
      const timer = clock.schedule(clock.now() + Math.max(1, Number(ms) || 0), fire, { span: true })
      active.set(id, () => {
        timer.cancel()
        active.delete(id)
      })
    }
    const fire = (): void => {
      active.delete(id)
      if (isRepeated) set()
      clock.noteWake()
      try {
        callback(...args)
      } catch (error) {
        onError(error)
      }
    }
    set()
    const itself = (): object => handle
    const refresh = (): object => (set(), handle)
    const handle = { refresh, ref: itself, unref: itself, hasRef: () => true, close: () => clear(id) }
    return Object.assign(handle, { [Symbol.toPrimitive]: () => id })
  }
  const timeout = (ms: number): AbortSignal => {
    const end = new AbortController()
    start(false, () => end.abort(new DOMException('The operation timed out.', 'TimeoutError')), ms, [])
    return end.signal
  }
  const restore = replaceAll([
    [globalThis, 'setTimeout', (act: Callback, ms?: number, ...args: unknown[]) => start(false, act, ms, args)],
    [globalThis, 'setInterval', (act: Callback, ms?: number, ...args: unknown[]) => start(true, act, ms, args)],
    [globalThis, 'clearTimeout', clear],
    [globalThis, 'clearInterval', clear],
    [globalThis, 'Date', dateOn(clock)],
    [AbortSignal, 'timeout', timeout],
  ])
  return {
    isWaiting: (): boolean => active.size > 0,
    /** Puts back what was there, and calls the timers off. */
    restore(): void {
      restore()
      for (const callOff of active.values()) callOff()
    },
  }
}

function dateOn(clock: Clock): typeof Date {
  return new Proxy(Date, {
    construct(target, args: unknown[], made): object {
      const date: unknown = Reflect.construct(target, args.length === 0 ? [clock.now()] : args, made)
      return date instanceof target ? date : {}
    },
    apply: (target) => new target(clock.now()).toString(),
    get: (target, name): unknown => (name === 'now' ? () => clock.now() : Reflect.get(target, name)),
  })
}

/** Work outside of this thread that is under way. */
export type PendingWork = ReturnType<typeof watchCryptography>

/** Sees the cryptography that is under way, which no turn of the loop shows. */
export function watchCryptography() {
  const { subtle } = crypto
  const pending = new Set<Promise<unknown>>()
  const members = ['decrypt', 'deriveBits', 'digest', 'encrypt', 'exportKey', 'importKey', 'sign', 'verify'].map(
    (name) => {
      const method: unknown = Reflect.get(subtle, name)
      const watched = (...args: unknown[]): unknown => {
        const work: unknown = typeof method === 'function' ? Reflect.apply(method, subtle, args) : undefined
        const end = Promise.resolve(work).then(
          () => void pending.delete(end),
          () => void pending.delete(end),
        )
        pending.add(end)
        return work
      }
      return [subtle, name, watched] as const
    },
  )
  const restore = replaceAll(members)
  return {
    async done(): Promise<void> {
      while (pending.size > 0) await Promise.all(pending)
    },
    restore,
  }
}

/** Replaces members of objects. Returns a function that puts back what was there. */
function replaceAll(members: readonly (readonly [owner: object, name: string, value: unknown])[]): () => void {
  const before = members.map(([owner, name, value]) => {
    const own = Object.getOwnPropertyDescriptor(owner, name)
    Object.defineProperty(owner, name, {
      value,
      configurable: true,
      writable: true,
      enumerable: own?.enumerable ?? true,
    })
    return () =>
      void (own === undefined ? Reflect.deleteProperty(owner, name) : Object.defineProperty(owner, name, own))
  })
  return () => {
    for (const restore of before) restore()
  }
}

interface Emitter {
  listeners(name: string): Callback[]
  on(name: string, listener: Callback): void
  removeAllListeners(name: string): void
}

/**
 * Handles the errors that no code has handled, instead of the test runner.
 * @returns a function that ends it
 */
export function hearUnhandled(onError: (error: unknown) => void): () => void {
  const host: unknown = Reflect.get(globalThis, 'process')
  if (!isEmitter(host)) return () => undefined
  const before = ['uncaughtException', 'unhandledRejection'].map((name) => [name, host.listeners(name)] as const)
  const listen = (name: string, listeners: readonly Callback[]): void => {
    host.removeAllListeners(name)
    for (const each of listeners) host.on(name, each)
  }
  for (const [name] of before) listen(name, [onError])
  return () => {
    for (const [name, listeners] of before) listen(name, listeners)
  }
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && 'removeAllListeners' in value && 'listeners' in value
}
