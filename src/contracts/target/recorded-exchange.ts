/** One request with what came of it, as it is kept for reports, and the command that repeats the request. */
import type { Exchange } from '../../generated/kit-schema.js'
import { printable } from '../../kernel/printable.js'

export type { Exchange } from '../../generated/kit-schema.js'

/** The exchange's request as a curl command that can be pasted into bash; keys are shell variables. */
export function toCurl(
  sent: Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody' | 'requestBytes'>,
): string {
  const { method, url, requestHeaders, requestBody, requestBytes } = sent
  const parts = ['curl', '-i', ...methodOptions(method, requestBody), ...urlOptions(url), quote(url)]
  const headers = Object.entries(requestHeaders).filter(([name]) => name.toLowerCase() !== 'content-length')
  for (const [name, value] of headers) {
    if (/^\$[A-Z_]+$/.test(value)) parts.push('-H', `"${name}: ${value}"`)
    // With a colon, curl would leave an empty one out.
    else parts.push('-H', quote(value === '' ? `${name};` : `${name}: ${value}`))
  }
  if (requestBody === null) return parts.join(' ')
  const isTyped = headers.some(([name]) => name.toLowerCase() === 'content-type')
  const data =
    requestBytes === undefined
      ? ['--data-raw', quote(requestBody)]
      : ['--data-binary', `@<(base64 -d <<< '${requestBytes}')`]
  return [...parts, ...(isTyped ? [] : ['-H', UNTYPED]), ...data].join(' ')
}

/** Without it, curl calls every body a form. */
const UNTYPED = "'content-type:'"

/** After any other method curl waits for the body of an answer, which HEAD does not have. */
function methodOptions(method: string, body: string | null): string[] {
  return method === 'HEAD' && body === null ? ['--head'] : ['-X', method]
}

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
