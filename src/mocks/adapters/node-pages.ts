/**
 * Where a server leads people who open it in a browser: its root to the console, pages of Opik's web app to the one that
 * it was told of, else to what the console has nearest to them. The addresses of those pages are the ones that SDKs print
 * and the API redirects to.
 */
import { KitError } from '../../kernel/errors.js'
import { version } from '../../kernel/version.js'
import type { Reply, TracePage } from '../base/exchange.js'
import { toReply } from '../base/reply.js'
import type { RunnerMock } from '../mock/runner-mock.js'

/** Where the web app is. */
export interface WebPages {
  /** Its page of a trace; without a web app the console's. */
  pageOf(page: TracePage, consoleUrl: string): string
  /** Answers a request for the root, or for a page of the web app that people are sent to; undefined for any other. */
  answer(request: PageRequest): Reply | undefined
}

/** What is asked for. */
export interface PageRequest {
  readonly method: string
  readonly url: string
  /** The header. */
  readonly accept: string
  /** Addresses of this server, as the caller has named it. */
  readonly apiUrl: string
  readonly consoleUrl: string
}

/**
 * @param web the base URL of a web app; undefined for none
 * @throws KitError `serve/web` for what is no URL of a web page
 */
export function createWebPages(mock: RunnerMock, web: string | undefined): WebPages {
  if (web !== undefined) checkUrl(web)
  const root = web?.replace(/\/+$/, '')
  return {
    pageOf({ path, traceId }, consoleUrl) {
      return root === undefined ? `${consoleUrl}/#/traces/trace/${encodeURIComponent(traceId)}` : root + path
    },
    answer({ method, url, accept, apiUrl, consoleUrl }) {
      if (method !== 'GET' && method !== 'HEAD') return undefined
      if (ROOT.test(url)) {
        // Only browsers ask for pages by name; a program is told what there is.
        const isBrowser = accept.includes('text/html')
        return isBrowser
          ? toReply(303, undefined, { location: consoleUrl })
          : toReply(200, { version, api: apiUrl, console: consoleUrl })
      }
      const project = PLAYGROUND.exec(url)?.[1]
      if (project === undefined) return undefined
      const location = root === undefined ? `${consoleUrl}/#/${placeOfProject(mock, project)}` : root + url
      return toReply(303, undefined, { location })
    },
  }
}

const ROOT = /^\/(\?.*)?$/

/** The page of an agent: workspace, project. */
const PLAYGROUND = /^\/[^/?]+\/projects\/([\da-f-]{36})\/agent-playground\/?(?:\?.*)?$/i

function checkUrl(web: string): void {
  if (/^https?:\/\/[^/]/i.test(web) && URL.canParse(web)) return
  throw new KitError('serve/web', {
    failed: 'This is no address of a web app.',
    value: web,
    fix: 'Give a URL such as http://localhost:5174.',
  })
}

/** Its runner that came last. */
function placeOfProject(mock: RunnerMock, projectId: string): string {
  return mock.inspect(({ runners }) => {
    const own = Array.from(runners.values()).filter((runner) => runner.projectId === projectId.toLowerCase())
    const last = own.at(-1)
    return last === undefined ? 'world' : `world/runner/${last.id}`
  })
}
