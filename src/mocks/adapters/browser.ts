/**
 * The mock inside a page: starts MSW's service worker with the handlers of a new mock, and, on request, keeps the
 * mock's state over reloads. What keeps it is loaded only then.
 */
import { setupWorker, type SetupWorker } from 'msw/browser'
import { afterRealTime } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { StartRunnerMockOptions as form } from '../../generated/kit-page.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../mock/runner-mock.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { startWorker, type WorkerOptions } from './browser-worker.js'
import { handlers } from './msw.js'

/** How to start a mock in a page; also takes the options of `createRunnerMock`. */
export interface StartRunnerMockOptions extends RunnerMockOptions, WorkerOptions {
  /** What stands before the API's paths, see `handlers`. Default `*`: any host and any prefix. */
  baseUrl?: string
  /**
   * Called with the mock before kept state comes back and before any request is answered: the place to register agents.
   * Default: nothing.
   */
  setup?: (mock: RunnerMock) => void | Promise<void>
  /**
   * `session`: keep the state over reloads of this tab, in its `sessionStorage`, activation keys of open pairing sessions
   * included, and simulated runners with their jobs. State that other options have made is not used. Default false: each
   * load starts with an empty world.
   */
  keep?: 'session' | false
}

/** A mock that answers its page's requests. */
export interface StartedRunnerMock {
  /** For moving time, scripting agents, injecting faults. */
  readonly mock: RunnerMock
  /** For handlers of other requests: `worker.use(...)`. */
  readonly worker: SetupWorker
  /** Whether the state is that of an earlier load. */
  readonly isRestored: boolean
  /** Saves what is to be kept, lets requests go to the network again, and closes the mock. */
  stop(): Promise<void>
}

/**
 * Starts a mock in this page. Once the promise resolves, requests of the page are answered, so render after it. Other
 * tabs have mocks of their own. A second start in the same page stops the first one.
 *
 * @throws KitError `options/invalid` for an unknown or mistyped option, `browser/no-service-worker` where pages can have none (not https, not localhost, not a browser),
 *   `browser/worker-script` when the script cannot be started; and what `createRunnerMock` throws.
 * @example
 * import { startRunnerMock } from 'opik-runner-kit/browser'
 *
 * const { mock } = await startRunnerMock({ scenario: 'demo', keep: 'session' })
 * // the place to mount the app
 */
export async function startRunnerMock(options: StartRunnerMockOptions = {}): Promise<StartedRunnerMock> {
  expectForm(form, options, 'startRunnerMock')
  refuseWithoutServiceWorker()
  const ended = new AbortController()
  const starting = start(options, ended, stopEarlierStarts())
  addEventListener(REPLACE, (event) => stopForNext(event, starting), { signal: ended.signal })
  try {
    return await starting
  } catch (error) {
    ended.abort()
    throw error
  }
}

async function start(
  options: StartRunnerMockOptions,
  ended: AbortController,
  cleared: Promise<unknown>,
): Promise<StartedRunnerMock> {
  await cleared
  const { baseUrl, setup, keep, serviceWorker, onUnhandledRequest, quiet, ...ofMock } = options
  const mock = createRunnerMock(ofMock)
  const worker = setupWorker(...handlers(mock, omitUndefined({ baseUrl })))
  try {
    await mock.ready
    await setup?.(mock)
    const keeper = keep === 'session' ? await keepInSession(mock, options) : undefined
    ended.signal.addEventListener('abort', () => keeper?.close())
    await startWorker(worker, omitUndefined({ serviceWorker, onUnhandledRequest, quiet }), {
      signal: ended.signal,
      warn,
    })
    const isRestored = keeper?.isRestored ?? false
    let stopped: Promise<void> | undefined
    return { mock, worker, isRestored, stop: () => (stopped ??= stop(mock, worker, ended)) }
  } catch (error) {
    ended.abort()
    await mock.close()
    throw error
  }
}

async function stop(mock: RunnerMock, worker: { stop: () => unknown }, ended: AbortController): Promise<void> {
  ended.abort()
  // MSW 3 waits for answers that are under way, and closing the mock brings them; those that never come it waits for, too.
  await Promise.all([withinRealTime(MAX_STOP_MS, worker.stop()), mock.close()])
}

/** Milliseconds after which a page has stopped, whatever the worker still waits for: it passes the page's requests on by then. */
const MAX_STOP_MS = 3000

async function withinRealTime(ms: number, work: unknown): Promise<void> {
  let callOff = (): void => undefined
  const tooLong = new Promise<void>((resolve) => (callOff = afterRealTime(ms, resolve)))
  await Promise.race([work, tooLong]).finally(() => callOff())
}

async function keepInSession(mock: RunnerMock, options: RunnerMockOptions) {
  const { keepInSession: keepIt } = await import('./browser-session.js')
  return keepIt(mock, options, warn)
}

function refuseWithoutServiceWorker(): void {
  if (typeof navigator !== 'undefined' && 'serviceWorker' in navigator) return
  throw new KitError('browser/no-service-worker', {
    failed: 'startRunnerMock needs a page that can have a service worker.',
    value: typeof location === 'undefined' ? 'no browser' : location.origin,
    fix: 'Open the page by https or on localhost; in tests without a browser use handlers(mock) with setupServer of msw/node.',
  })
}

/** Event by which a new start asks an earlier one in the same page to stop, and to be waited for. */
const REPLACE = 'opik-runner-kit:replace'

function stopEarlierStarts(): Promise<unknown> {
  const stops: Promise<void>[] = []
  dispatchEvent(new CustomEvent(REPLACE, { detail: stops }))
  return Promise.allSettled(stops)
}

function stopForNext(event: Event, starting: Promise<StartedRunnerMock>): void {
  if (event instanceof CustomEvent && Array.isArray(event.detail)) {
    event.detail.push(starting.then((started) => started.stop()))
  }
}

function warn(message: string): void {
  console.warn(`[opik-runner-kit] ${message}`)
}
