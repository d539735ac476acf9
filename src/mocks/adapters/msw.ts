/**
 * The mock as MSW handlers, for `msw/node` and `msw/browser`, MSW 2 and 3. What a handler before it answers, it never
 * sees, so any operation can be overridden by itself. The only file that knows MSW.
 */
import { http, HttpResponse, matchRequestUrl, type HttpHandler } from 'msw'
import { expectForm } from '../../kernel/validate-options.js'
import { HandlersOptions as form } from '../../generated/kit-page.js'
import { UNKNOWN, type Match } from '../../kernel/operation.js'
import { splitUrl } from '../engine/split-url.js'
import { directory } from '../resolvers/all-resolvers.js'
import { ConnectionDropped, fetchThrough } from '../mock/fetch.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import type { HandlersOptions } from '../../generated/kit-schema.js'

export type { HandlersOptions } from '../../generated/kit-schema.js'

/**
 * Handlers for `setupServer(...handlers(mock))` and `setupWorker(...handlers(mock))`: one, which finds the operation
 * itself. State lives in the mock: several lists of handlers of one mock see the same world. Later handlers win over
 * these with `server.use(...)`; other requests go on to the handlers after them.
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { handlers } from 'opik-runner-kit/msw'
 * import { setupServer } from 'msw/node'
 *
 * const mock = createRunnerMock()
 * const server = setupServer(...handlers(mock))
 * server.listen()
 * const answer = await fetch('https://www.comet.com/opik/api/v1/private/projects')
 * server.close()
 * await mock.close()
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
  // One for all operations: MSW runs each handler before the right one, which would cost more than answering.
  return [
    http.all(
      async ({ request }) => {
        const isHere = matchRequestUrl(new URL(request.url), `${baseUrl}/*`).matches
        // A request to another server must not be matched: MSW reports those that no handler matches.
        return isHere && (await find(mock, request)).kind !== 'unknown'
      },
      ({ request }) => answer(request),
    ),
  ]
}

/** What a request means; what the API does not know is for other handlers. */
async function find(mock: RunnerMock, { method, url }: Request): Promise<Match> {
  const { path, problem } = splitUrl({ method, url })
  if (path === '' || problem !== undefined) return UNKNOWN
  const found = directory.match(method, path)
  if (found.kind !== 'unknown' || directory.isWhole) return found
  await mock.inspect((world) => world.during(directory.load()))
  return directory.match(method, path)
}
