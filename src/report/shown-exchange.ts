/** An exchange with a target as reports show it: the command that repeats the request, and what it ended in. */
import type { Exchange } from '../generated/kit-schema.js'
import { printable, shorten } from '../kernel/printable.js'
import type { ShownCall } from './report-document.js'

/**
 * The exchange's request as a curl command that can be pasted into bash; keys are shell variables.
 * @param between what stands before each option; another blank breaks the command into lines
 */
export function toCurl(
  sent: Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody' | 'requestBytes'>,
  between = ' ',
): string {
  const { method, url, requestHeaders, requestBody, requestBytes } = sent
  // After any other method curl waits for the body of an answer, which HEAD does not have.
  const asked = method === 'HEAD' && requestBody === null ? '--head' : `-X ${method}`
  const parts = [['curl', '-i', asked, ...urlOptions(url), quote(url)].join(' ')]
  const headers = Object.entries(requestHeaders).filter(([name]) => name.toLowerCase() !== 'content-length')
  for (const [name, value] of headers) {
    if (/^\$[A-Z_]+$/.test(value)) parts.push(`-H "${name}: ${value}"`)
    // With a colon, curl would leave an empty one out.
    else parts.push(`-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`)
  }
  if (requestBody !== null) {
    if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) parts.push(`-H ${UNTYPED}`)
    if (requestBytes === undefined) parts.push(`--data-raw ${quote(requestBody)}`)
    else parts.push(`--data-binary @<(base64 -d <<< '${requestBytes}')`)
  }
  return parts.join(between)
}

/** Without it, curl calls every body a form. */
const UNTYPED = "'content-type:'"

/** What keeps curl from reading patterns in an address, and from tidying its path. */
function urlOptions(url: string): string[] {
  const [path = ''] = url.split(/[?#]/)
  return [...(/[[\]{}]/.test(url) ? ['--globoff'] : []), ...(/\/\.\.?(?:\/|$)/.test(path) ? ['--path-as-is'] : [])]
}

/** On one line; in the shell's own escapes where a text has more, or holds what is not to be printed. */
function quote(text: string): string {
  if (printable(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`
  return `$'${printable(text.replaceAll(/[\\']/g, String.raw`\$&`))}'`
}

/** Headers that say nothing about the API. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding'])

/** An exchange as a report shows it; `prefix` says whose it is. */
export function callOf(exchange: Exchange, prefix = ''): ShownCall {
  const { status, failure, responseBody: body, tookMs, responseHeaders } = exchange
  const took = `${Math.round(tookMs)} ms`
  const answered = `${status} in ${took}${body === '' ? ', no body' : ''}`
  return {
    kind: 'call',
    command: toCurl(exchange),
    outcome: prefix + (status === null ? `no answer (${failure ?? 'unknown'}) after ${took}` : answered),
    headers: Object.entries(responseHeaders).flatMap(([name, value]) =>
      OF_THE_CONNECTION.has(name) ? [] : [`${name}: ${value}`],
    ),
    body,
  }
}

/** What an exchange ended in, in a few words. */
export function describeEnd({ status, failure, responseHeaders }: Exchange): string {
  if (status === null) return `no answer: ${failure ?? 'unknown'}`
  if (status >= 300 && status < 400) return `${status} to ${excerpt(responseHeaders['location'])}`
  return `${status} with ${excerpt(responseHeaders['content-type'])}`
}

/** The beginning of what a server has sent. */
export function excerpt(text = 'nothing'): string {
  return shorten(text.split('\n')[0] ?? '', 80)
}
