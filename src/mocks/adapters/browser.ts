/**
 * The mock inside a page: starts MSW's service worker with the handlers of a new mock, and, on request, keeps the
 * mock's state over reloads. What keeps it is loaded only then. The worker remembers the page for as long as the mock runs.
 */
import { setupWorker, type SetupWorker } from 'msw/browser'
import { KitError, messageOf } from '../../kernel/errors.js'
import { realClock } from '../../kernel/real-time.js'
import { expectForm } from '../../kernel/validate-options.js'
import { StartRunnerMockOptions as form } from '../../generated/kit-page.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../mock/runner-mock.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { handlers } from './msw.js'

/** How to start a mock in a page; also takes the options of `createRunnerMock`. */
export interface StartRunnerMockOptions extends RunnerMockOptions {
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
  /** The script that `npx msw init` has copied, and how to register it. Default `{ url: '/mockServiceWorker.js' }`. */
  serviceWorker?: { url?: string; options?: RegistrationOptions }
  /**
   * What is said about requests that no handler answers; they go to the network. `bypass`, `warn` and `error` are MSW's,
   * a function is called with each. Default `api`: a warning for those to `/v1/private/`, silence about all others.
   */
  onUnhandledRequest?: 'api' | 'bypass' | 'warn' | 'error' | ((request: Request) => void)
  /** Keep MSW from writing each answered request to the console. Default false. */
  quiet?: boolean
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
  const { baseUrl, setup, keep, serviceWorker = {}, onUnhandledRequest = 'api', quiet = false, ...ofMock } = options
  const mock = createRunnerMock(ofMock)
  const worker = setupWorker(...handlers(mock, omitUndefined({ baseUrl })))
  try {
    await mock.ready
    await setup?.(mock)
    const keeping = keep === 'session' ? await import('./browser-session.js') : undefined
    const keeper = await keeping?.keepInSession(mock, options, warn)
    ended.signal.addEventListener('abort', () => keeper?.close())
    await startWorker(worker, { serviceWorker, quiet, ...unhandled(onUnhandledRequest) }, ended.signal)
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
  const stopping = Promise.resolve(worker.stop())
  await Promise.all([realClock.within(stopping, MAX_STOP_MS, undefined), mock.close()])
}

/** Milliseconds after which a page has stopped, whatever the worker still waits for: it passes the page's requests on by then. */
const MAX_STOP_MS = 3000

/** @throws KitError `browser/worker-script` when the script cannot be started */
async function startWorker(
  worker: SetupWorker,
  options: NonNullable<Parameters<SetupWorker['start']>[0]>,
  signal: AbortSignal,
): Promise<void> {
  const url = options.serviceWorker?.url ?? '/mockServiceWorker.js'
  try {
    await worker.start(options)
  } catch (error) {
    throw new KitError(
      'browser/worker-script',
      {
        failed: 'The service worker of MSW cannot be started.',
        value: `${url} (${messageOf(error)})`,
        fix: 'Copy it to where static files are served from, `npx msw init public`, or name its place in `serviceWorker.url`.',
      },
      { cause: error },
    )
  }
  if (navigator.serviceWorker.controller === null) {
    warn(`The service worker ${url} does not control this page: reload it, or see that its scope holds the page.`)
  }
  remindWorker(signal)
}

/**
 * The worker of MSW 2 keeps the pages that it serves in memory, and a browser may end a worker at any time: a hidden
 * tab, a laptop that slept. The next request starts it again, and it would let the page's requests go to the network.
 * So this introduces the page again at each sign of life from the worker, for which MSW asks every few seconds, and
 * when the page becomes visible or gets the focus.
 */
function remindWorker(signal: AbortSignal): void {
  const { serviceWorker } = navigator
  const introduce = (): void => serviceWorker.controller?.postMessage('MOCK_ACTIVATE')
  const onMessage = ({ data }: MessageEvent<unknown>): void => {
    if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'KEEPALIVE_RESPONSE') introduce()
  }
  serviceWorker.addEventListener('message', onMessage, { signal })
  document.addEventListener('visibilitychange', introduce, { signal })
  for (const type of ['pageshow', 'focus']) addEventListener(type, introduce, { signal })
}

/** MSW 3 has another name for the option than MSW 2, and another argument for the function. */
function unhandled(strategy: NonNullable<StartRunnerMockOptions['onUnhandledRequest']>) {
  if (strategy !== 'api' && typeof strategy !== 'function') {
    return { onUnhandledRequest: strategy, onUnhandledFrame: strategy }
  }
  const tell = typeof strategy === 'function' ? strategy : warnOfApiRequest
  return {
    onUnhandledRequest: (request: Request) => tell(request),
    onUnhandledFrame: ({ frame }: { frame: { data: object } }) => {
      if ('request' in frame.data && frame.data.request instanceof Request) tell(frame.data.request)
    },
  }
}

function warnOfApiRequest({ method, url }: Request): void {
  const { pathname } = new URL(url)
  if (!pathname.includes('/v1/private/')) return
  warn(`${method} ${pathname} is not part of the mock and goes to the network. Give it a handler with worker.use(...).`)
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
