/** Bodies without their Content-Encoding, unpacked at once and within limits; src/kernel/recording/unpack.ts does it in pieces. */
import { brotliDecompressSync, unzipSync } from 'node:zlib'
import { TooLongError } from '../../kernel/recording/unpack.js'

/** A body may unpack to so many bytes, which takes some 20 ms. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024
/** A body that holds a key and little else. */
const MAX_KEY_BODY_BYTES = 64 * 1024

/**
 * A body without its Content-Encoding; as it is when it has none that is known.
 * @throws TooLongError for a body that unpacks to more than `max` bytes, and what zlib says of a broken one
 */
export function unpackBody(bytes: Uint8Array, encoding: string, max: number = MAX_BODY_BYTES): Uint8Array {
  const unpack = UNPACKERS[encoding.trim().toLowerCase()]
  if (unpack === undefined || bytes.length === 0) return bytes
  try {
    return unpack(bytes, { maxOutputLength: max })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new TooLongError(`The body unpacks to more than ${max} bytes.`, { cause: error })
  }
}

const UNPACKERS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array>> = {
  gzip: unzipSync,
  'x-gzip': unzipSync,
  deflate: unzipSync,
  br: brotliDecompressSync,
}

/** What a recorder takes to find the key in a body. */
export function gunzipKeyBody(bytes: Uint8Array): Uint8Array {
  return unpackBody(bytes, 'gzip', MAX_KEY_BODY_BYTES)
}
