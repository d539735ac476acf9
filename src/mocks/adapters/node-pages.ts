/**
 * Where a server leads to pages of Opik's web app: to the one that it was told of, else to what the console has nearest to
 * them. The addresses themselves are those that SDKs print and the API redirects to.
 */
import { KitError } from '../../kernel/errors.js'
import type { Reply, TracePage } from '../base/exchange.js'
import { toReply } from '../base/reply.js'
import type { RunnerMock } from '../mock/runner-mock.js'

/** Where the web app is. */
export interface WebPages {
  /** Its page of a trace; without a web app the console's page of the job that left it. */
  pageOf(page: TracePage, consoleUrl: string): string
  /** Answers a request for a page of the web app that people are sent to; undefined for any other. */
  answer(request: { method: string; url: string }, consoleUrl: string): Reply | undefined
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
      return root === undefined ? `${consoleUrl}/#/${placeOfTrace(mock, traceId)}` : root + path
    },
    answer({ method, url }, consoleUrl) {
      const project = method === 'GET' || method === 'HEAD' ? PLAYGROUND.exec(url)?.[1] : undefined
      if (project === undefined) return undefined
      const location = root === undefined ? `${consoleUrl}/#/${placeOfProject(mock, project)}` : root + url
      return toReply(303, undefined, { location })
    },
  }
}

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

function placeOfTrace(mock: RunnerMock, traceId: string): string {
  return mock.inspect(({ jobs }) => {
    for (const { wire, runner } of jobs.values()) {
      if (wire.trace_id === traceId) return `world/runner/${runner.id}/job/${wire.id}`
    }
    return 'world'
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
