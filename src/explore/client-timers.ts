/**
 * The globals by which a client in this process waits and tells the time, on the clock of a mock while a run lasts; and the
 * errors that a client leaves unhandled.
 */
import type { Clock, Timer } from '../kernel/clock.js'

/** What `setTimeout` returns: an object as in Node, a number where one is needed. */
class ClientTimer {
  readonly id: number
  private timer: Timer | undefined
  private readonly start: () => Timer

  constructor(id: number, start: () => Timer) {
    this.id = id
    this.start = start
    this.refresh()
  }

  refresh(): this {
    this.timer?.cancel()
    this.timer = this.start()
    return this
  }

  close(): this {
    this.timer?.cancel()
    return this
  }

  get isActive(): boolean {
    return this.timer?.isActive === true
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.toPrimitive](): number {
    return this.id
  }
}

/** Timers of clients on the clock of a mock. */
export interface ClientTimers {
  /** Whether any is set. */
  isWaiting(): boolean
  /** Puts back what was there, and calls the timers off. */
  restore(): void
}

type Callback = (...args: unknown[]) => unknown

/**
 * Puts `setTimeout`, `setInterval`, `Date` and `AbortSignal.timeout` on a clock.
 * @param onError hears what a timer's callback throws
 */
export function installClientTimers(clock: Clock, onError: (error: unknown) => void): ClientTimers {
  const timers = new Map<number, ClientTimer>()
  let count = 0
  const start = (callback: Callback, ms: unknown, args: readonly unknown[], isRepeated: boolean): ClientTimer => {
    const id = ++count
    const wait = Math.max(1, Number(ms) || 0)
    const fire = (): void => {
      if (isRepeated) timer.refresh()
      else timers.delete(id)
      clock.noteWake()
      try {
        callback(...args)
      } catch (error) {
        onError(error)
      }
    }
    const timer = new ClientTimer(id, () => clock.schedule(clock.now() + wait, fire, { span: true }))
    timers.set(id, timer)
    return timer
  }
  const clear = (timer: unknown): void => {
    if (timer !== undefined && timer !== null) timers.get(Number(timer))?.close()
  }
  const restore = [
    replace(globalThis, 'setTimeout', (callback: Callback, ms?: number, ...args: unknown[]) =>
      start(callback, ms, args, false),
    ),
    replace(globalThis, 'setInterval', (callback: Callback, ms?: number, ...args: unknown[]) =>
      start(callback, ms, args, true),
    ),
    replace(globalThis, 'clearTimeout', clear),
    replace(globalThis, 'clearInterval', clear),
    replace(globalThis, 'Date', dateOn(clock)),
    replace(AbortSignal, 'timeout', (ms: number) => {
      const controller = new AbortController()
      const end = (): void =>
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
      start(end, ms, [], false)
      return controller.signal
    }),
  ]
  return {
    isWaiting: () => [...timers.values()].some(({ isActive }) => isActive),
    restore() {
      for (const each of restore) each()
      for (const timer of timers.values()) timer.close()
    },
  }
}

function dateOn(clock: Clock): typeof Date {
  return new Proxy(Date, {
    construct(target, args: unknown[], newTarget): object {
      const made: unknown = Reflect.construct(target, args.length === 0 ? [clock.now()] : args, newTarget)
      return made instanceof target ? made : new target(clock.now())
    },
    apply: (target) => new target(clock.now()).toString(),
    get: (target, name): unknown => (name === 'now' ? () => clock.now() : Reflect.get(target, name)),
  })
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: before?.enumerable ?? true,
  })
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, before)
  }
}

/** Work outside of this thread that is under way. */
export interface PendingWork {
  /** Resolves when none is left. */
  done(): Promise<void>
  /** Puts back what was there. */
  restore(): void
}

const CRYPTOGRAPHY = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
]

/** Sees the cryptography that is under way, which no turn of the loop shows. */
export function watchCryptography(): PendingWork {
  const pending = new Set<Promise<unknown>>()
  const restore = CRYPTOGRAPHY.flatMap((name) => {
    const method: unknown = Reflect.get(crypto.subtle, name)
    if (typeof method !== 'function') return []
    const watched = (...args: unknown[]): Promise<unknown> => {
      const work = Promise.resolve<unknown>(Reflect.apply(method, crypto.subtle, args))
      pending.add(work)
      const end = (): void => void pending.delete(work)
      work.then(end, end)
      return work
    }
    return [replace(crypto.subtle, name, watched)]
  })
  return {
    async done() {
      while (pending.size > 0) await Promise.allSettled(pending)
    },
    restore: () => {
      for (const each of restore) each()
    },
  }
}

/** What Node's `process` has of an event emitter. */
interface Emitter {
  listeners(name: string): ((...args: unknown[]) => void)[]
  on(name: string, listener: (...args: unknown[]) => void): void
  removeAllListeners(name: string): void
}

const UNHANDLED = ['uncaughtException', 'unhandledRejection']

/**
 * Hears what no code has handled, in place of the test runner.
 * @returns a function that ends it
 */
export function hearUnhandled(onError: (error: unknown) => void): () => void {
  const host: unknown = Reflect.get(globalThis, 'process')
  if (isEmitter(host)) {
    const before = UNHANDLED.map((name) => [name, host.listeners(name)] as const)
    for (const name of UNHANDLED) {
      host.removeAllListeners(name)
      host.on(name, onError)
    }
    return () => {
      for (const [name, listeners] of before) {
        host.removeAllListeners(name)
        for (const each of listeners) host.on(name, each)
      }
    }
  }
  const onEvent = (event: Event): void => {
    event.preventDefault()
    onError('reason' in event ? event.reason : 'error' in event ? event.error : event)
  }
  const names = ['error', 'unhandledrejection']
  for (const name of names) globalThis.addEventListener(name, onEvent)
  return () => {
    for (const name of names) globalThis.removeEventListener(name, onEvent)
  }
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && 'removeAllListeners' in value && 'listeners' in value
}
