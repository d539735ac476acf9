/**
 * The mock as MSW handlers, for `msw/node` and `msw/browser`, MSW 2 and 3. One handler per operation, so that each can
 * be overridden by itself, and one each for HEAD and OPTIONS. The only file that knows MSW.
 */
import { http, HttpResponse, type HttpHandler } from 'msw'
import { expectForm } from '../../kernel/form.js'
import { HandlersOptions as form } from '../../generated/kit-page.js'
import {
  matchOperation,
  operationIds,
  operations,
  pathParametersOf,
  toPattern,
  type OperationId,
} from '../../kernel/operation.js'
import { ConnectionDropped, fetchThrough } from '../mock/fetch.js'
import type { RunnerMock } from '../mock/runner-mock.js'

/** How to mount a mock in MSW. */
export interface HandlersOptions {
  /**
   * What stands before the API's paths: `https://www.comet.com/opik/api`, or a pattern. Default `*`: any host and any
   * prefix.
   */
  baseUrl?: string
}

/**
 * Handlers for `setupServer(...handlers(mock))` and `setupWorker(...handlers(mock))`. State lives in the mock: several
 * lists of handlers of one mock see the same world. Later handlers win over these with `server.use(...)`.
 */
export function handlers(mock: RunnerMock, options: HandlersOptions = {}): HttpHandler[] {
  expectForm(form, options, 'handlers')
  const baseUrl = (options.baseUrl ?? '*').replace(/\/$/, '')
  const answer = async (request: Request): Promise<Response> => {
    try {
      return await fetchThrough((exchange) => mock.handle(exchange), request)
    } catch (error) {
      // What fetch reports as a network error. A caller who has hung up hears
      // nothing of it; MSW would report the reason of hanging up as an error of ours.
      if (error instanceof ConnectionDropped || request.signal.aborted) return HttpResponse.error()
      throw error
    }
  }
  const operationHandlers = inOrder().map((id) => {
    const { method, path } = operations[id]
    return http[METHODS[method]](baseUrl + toPattern(path), ({ request }) => answer(request))
  })
  // Seldom asked for, so one handler each for all paths; what is none of the API's it passes on.
  const others = (['head', 'options'] as const).map((method) =>
    http[method](`${baseUrl}${ROOT}*`, ({ request }) => {
      const { pathname } = new URL(request.url)
      const path = pathname.slice(pathname.indexOf(ROOT))
      return matchOperation(request.method, path).kind === 'unknown' ? undefined : answer(request)
    }),
  )
  return [...operationHandlers, ...others]
}

/** What all paths but one begin with. */
const ROOT = '/v1/private/'

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const

/**
 * MSW tries one handler after the other, and passing over one costs more than answering. So the operations that
 * clients poll come first, and literal paths before those with parameters that would match them too.
 */
const BUSIEST: readonly OperationId[] = [
  'listRunners',
  'getJob',
  'nextJob',
  'heartbeat',
  'nextBridgeCommands',
  'getBridgeCommand',
  'getRunner',
  'getJobLogs',
  'createJob',
  'reportJobResult',
  'appendJobLogs',
  'createBridgeCommand',
  'reportBridgeResult',
]

function inOrder(): OperationId[] {
  const others = operationIds.filter((id) => !BUSIEST.includes(id))
  const parameters = (id: OperationId): number => pathParametersOf(operations[id]).length
  return [...BUSIEST, ...others.sort((a, b) => parameters(a) - parameters(b))]
}
