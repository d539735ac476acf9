/** The body of a request on node:http: read to its end or to a limit. What it says is the engine's matter. */
import { isAscii } from 'node:buffer'
import type { Readable } from 'node:stream'

/** Reads a body to its end, or to its limit. */
export function collect(request: Readable, limit: number, done: (body: Buffer | 'too large') => void): void {
  const chunks: Buffer[] = []
  let size = 0
  let isOver = false
  request.on('data', (chunk: Buffer) => {
    if (isOver) return
    size += chunk.length
    if (size > limit) {
      isOver = true
      chunks.length = 0
      done('too large')
      return
    }
    chunks.push(chunk)
  })
  request.on('end', () => {
    const [first] = chunks
    if (!isOver) done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

/** A body as text where it is plain ASCII, as most are: that need not be judged and decoded any more. */
export function toText(encoding: string | undefined, body: Buffer): Buffer | string {
  return encoding === undefined && isAscii(body) ? body.toString('latin1') : body
}
