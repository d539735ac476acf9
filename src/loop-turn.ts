/** A turn of the platform's loop: what a moving clock waits for, so that what it has woken runs before the next timer. */

/**
 * Finds a function that resolves after everything now runnable has run: a macrotask, as cheap as the platform has one.
 * Browsers hold back nested timeouts by 4 ms each, and an hour of virtual time takes thousands of turns.
 *
 * @param immediate the platform's `setImmediate`, where it has one
 * @param later the platform's `setTimeout`, for platforms that have nothing better
 */
export function resolveTurn(immediate: unknown, later: (act: () => void, ms: number) => unknown): () => Promise<void> {
  if (typeof immediate === 'function') {
    return () => new Promise((resolve) => void Reflect.apply(immediate, globalThis, [resolve]))
  }
  const { MessageChannel: Channel } = globalThis
  if (typeof Channel !== 'function') return () => new Promise((resolve) => void later(resolve, 0))
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
