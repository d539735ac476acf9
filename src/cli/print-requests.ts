/**
 * `serve --verbose`: a line for each request of a client, when it has been answered; what the mock does itself has none,
 * and what it does not have is named once, however often a client asks.
 */
import pc from 'picocolors'
import { realTime } from '../kernel/clock.js'
import { matchOperation } from '../kernel/all-operations.js'
import { printable } from '../kernel/printable.js'
import type { ApiRequest, ApiResponse } from '../mocks/base/exchange.js'
import { createAuthenticate, type AuthMode } from '../mocks/base/identity.js'
import { isRefusal } from '../kernel/errors.js'
import { omitUndefined } from '../mocks/base/omit-undefined.js'
import { splitUrl } from '../mocks/engine/split-url.js'
import type { RunnerMock } from '../mocks/mock/runner-mock.js'

/** One request, as `--json` prints it. */
type PrintedRequest = ReturnType<typeof describe>

/** Calls `print` with a line for each request that comes over HTTP from now on. */
export function printRequests(mock: RunnerMock, auth: AuthMode, asJson: boolean, print: (line: string) => void): void {
  const handle = mock.handle.bind(mock)
  const identify = createAuthenticate(auth)
  const isNews = firstOfItsKind()
  mock.handle = (exchange) => {
    const begun = realTime()
    const tell = (reply: ApiResponse): ApiResponse => {
      const request = describe(exchange, reply.status, begun, identify)
      if (isNews(request)) print(asJson ? printable(JSON.stringify(request)) : toLine(request))
      return reply
    }
    const reply = handle(exchange)
    return reply instanceof Promise ? reply.then(tell) : tell(reply)
  }
}

/** Whether a request is about something that the mock has, or is the first one about something that it has not. */
function firstOfItsKind(): (request: PrintedRequest) => boolean {
  const named = new Set<string>()
  return ({ method, path, operation, status }) => {
    if (operation !== undefined || status !== 404) return true
    const kind = `${method} ${path.replaceAll(IDS, '/{id}')}`
    const isNew = !named.has(kind)
    if (named.size < MAX_KINDS) named.add(kind)
    return isNew
  }
}

/** Segments with digits in them; a version does not count. */
const IDS = /\/(?!v\d\/)[^/]*\d[^/]*/g
const MAX_KINDS = 1000

function describe(
  exchange: ApiRequest,
  status: number,
  begun: number,
  identify: ReturnType<typeof createAuthenticate>,
) {
  const { method, headers = {} } = exchange
  const { path } = splitUrl(exchange)
  const found = matchOperation(method, path)
  const operation = found.kind === 'operation' ? found.operation : undefined
  const caller = operation?.isIdentified === true ? identify(headers) : undefined
  const { workspace, user } = caller === undefined || isRefusal(caller) ? {} : caller
  return {
    ...{ event: 'request', at: new Date(begun).toISOString(), method, path },
    ...omitUndefined({ operation: operation?.id }),
    // The status is 0 when a fault broke the connection.
    ...{ status, duration_ms: Math.max(0, realTime() - begun) },
    ...omitUndefined({ workspace, user }),
  }
}

function toLine({ at, method, path, operation, status, duration_ms, workspace, user }: PrintedRequest): string {
  const what = operation ?? `${method} ${printable(path)}`
  const who = user === undefined ? '' : `  ${printable(`${user} in ${workspace ?? ''}`)}`
  const outcome = paintOf(status)((status === 0 ? 'cut' : String(status)).padEnd(4))
  return `${pc.dim(at.slice(11, 23))}  ${outcome}${what.padEnd(28)} ${pc.dim(`${Math.round(duration_ms)} ms${who}`)}`
}

function paintOf(status: number): (text: string) => string {
  if (status >= 400) return status >= 500 ? pc.red : pc.yellow
  return status === 0 ? pc.red : pc.green
}
