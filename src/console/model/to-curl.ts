/** A request as the curl command that would send it. */

export interface CurlCall {
  readonly method: string
  /** Path and query on this origin. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The body is too long for a command: this file stands for it there. */
  readonly bodyFile?: string
}

/** The command, one option a line; quoted for a POSIX shell. */
export function toCurl({ method, path, headers = {}, body, bodyFile }: CurlCall, origin: string): string {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quote(origin + path)}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quote(`${name}: ${value}`)}`)
  if (body !== undefined) {
    lines.push(
      `-H 'content-type: application/json'`,
      `-d ${bodyFile === undefined ? quote(JSON.stringify(body)) : `@${bodyFile}`}`,
    )
  }
  return lines.join(' \\\n  ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
