/** Unpacks gzip piece by piece, where there is no Node, and never more than was asked for. */

/** Thrown for a body that unpacks to more than its reader takes. */
export class TooLongError extends Error {
  override name = 'TooLongError'
}

/**
 * The pieces that gzipped bytes unpack to. Other work goes on between them.
 * @param max bytes that may come out
 * @throws TooLongError for more; TypeError for bytes that are no whole gzip
 */
export async function* gunzipInPieces(
  bytes: Uint8Array | string,
  max: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)])
  const reader = packed.stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  let size = 0
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length
      if (size > max) throw new TooLongError(`It unpacks to more than ${max} bytes.`)
      yield next.value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/**
 * The text that gzipped bytes unpack to.
 * @throws what `gunzipInPieces` does; TypeError for what the decoder refuses
 */
export async function gunzipText(bytes: Uint8Array, max: number, decoder = new TextDecoder()): Promise<string> {
  let text = ''
  for await (const piece of gunzipInPieces(bytes, max)) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
