/** Unpacks request bodies. Loaded with the first that is packed, which few pages send. */
import { gunzipInPieces, TooLongError } from '../../kernel/recording/unpack.js'
import { refuse, type Refusal } from '../../kernel/errors.js'
import type { BodyDeviations } from './deviations.js'

export async function gunzip(
  body: Uint8Array | string,
  max: number,
  { brokenGzip = 400 }: BodyDeviations = {},
): Promise<Uint8Array | Refusal<400 | 413 | 500>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  try {
    for await (const piece of gunzipInPieces(body, max)) chunks.push(piece)
  } catch (error) {
    if (error instanceof TooLongError) return refuse(413, `The body unpacks to more than ${max} bytes.`)
    return refuse(brokenGzip, 'The body is no valid gzip data.')
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}
