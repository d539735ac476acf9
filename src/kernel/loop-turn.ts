/** A turn of the platform's loop: what a moving clock waits for, so that what it has woken runs before the next timer. */
import { KitError } from './errors.js'

/**
 * Finds a function that resolves after everything now runnable has run: a macrotask, as cheap as the platform has one
 * and no fake, since those wait for a hand that moves them. undefined where there are fakes alone.
 * Browsers hold back nested timeouts by 4 ms each, and an hour of virtual time takes thousands of turns: so a message
 * comes before a timeout.
 * @param later the platform's `setTimeout`, for platforms that have nothing better
 */
export function resolveTurn(later: (act: () => void, ms: number) => unknown): (() => Promise<void>) | undefined {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate')
  if (typeof immediate === 'function' && !isFake(immediate)) {
    return () => new Promise((resolve) => void Reflect.apply(immediate, globalThis, [resolve]))
  }
  const { MessageChannel: Channel } = globalThis
  if (typeof Channel === 'function') {
    return () =>
      new Promise((resolve) => {
        const { port1, port2 } = new Channel()
        port1.onmessage = () => {
          // An open port would keep a process alive.
          port1.close()
          resolve()
        }
        port2.postMessage(undefined)
      })
  }
  return isFake(later) ? undefined : () => new Promise((resolve) => void later.call(globalThis, resolve, 0))
}

/** Fake timers tell themselves by their clock. */
function isFake(timer: object): boolean {
  return Object.hasOwn(timer, 'clock')
}

export function loadedTooLate(): KitError {
  return new KitError('clock/fake-timers', {
    failed: 'The mock cannot move its time: fake timers were there when the package was loaded, and no MessageChannel.',
    fix: 'Import it before they are installed.',
  })
}
