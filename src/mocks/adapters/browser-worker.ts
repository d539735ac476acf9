// MSW's service worker in the service of a page: starts it, words what goes wrong there, and sees to it that the worker
// remembers the page for as long as the mock runs.
import type { SetupWorker } from 'msw/browser'
import { KitError, messageOf } from '../../kernel/errors.js'

export interface WorkerOptions {
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

interface WorkerPage {
  /** Aborts when the mock stops. */
  signal: AbortSignal
  warn: (message: string) => void
}

const DEFAULT_SCRIPT = '/mockServiceWorker.js'

/** @throws KitError `browser/worker-script` when the script cannot be started */
export async function startWorker(worker: SetupWorker, options: WorkerOptions, page: WorkerPage): Promise<void> {
  const { serviceWorker = {}, onUnhandledRequest = 'api', quiet = false } = options
  const url = serviceWorker.url ?? DEFAULT_SCRIPT
  try {
    await worker.start({ serviceWorker, quiet, ...unhandled(onUnhandledRequest, page.warn) })
  } catch (error) {
    throw scriptTrouble(url, error)
  }
  if (navigator.serviceWorker.controller === null) {
    page.warn(`The service worker ${url} does not control this page: reload it, or see that its scope holds the page.`)
  }
  remindWorker(page.signal)
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
function unhandled(strategy: NonNullable<WorkerOptions['onUnhandledRequest']>, warn: WorkerPage['warn']) {
  if (strategy !== 'api' && typeof strategy !== 'function') {
    return { onUnhandledRequest: strategy, onUnhandledFrame: strategy }
  }
  const tell = typeof strategy === 'function' ? strategy : (request: Request) => warnOfApiRequest(request, warn)
  return {
    onUnhandledRequest: (request: Request) => tell(request),
    onUnhandledFrame: ({ frame }: { frame: { data: object } }) => {
      if ('request' in frame.data && frame.data.request instanceof Request) tell(frame.data.request)
    },
  }
}

function warnOfApiRequest({ method, url }: Request, warn: WorkerPage['warn']): void {
  const { pathname } = new URL(url)
  if (!pathname.includes('/v1/private/')) return
  warn(`${method} ${pathname} is not part of the mock and goes to the network. Give it a handler with worker.use(...).`)
}

function scriptTrouble(url: string, error: unknown): KitError {
  return new KitError(
    'browser/worker-script',
    {
      failed: 'The service worker of MSW cannot be started.',
      value: `${url} (${messageOf(error)})`,
      fix: 'Copy it to where static files are served from, `npx msw init public`, or name its place in `serviceWorker.url`.',
    },
    { cause: error },
  )
}
