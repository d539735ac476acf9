/**
 * Server-sent events over fetch, since EventSource can send no header: one connection, read to its end. Who calls it
 * decides when to come back, with the id that was seen last.
 */

/** One connection. */
export interface Listening {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Called when the answer has begun. */
  readonly onOpen: () => void
  /** Called for each event with a body. */
  readonly onEvent: (data: string) => void
  /** Called for each id, those of events without a body included. */
  readonly onId: (id: string) => void
}

/** Reads a stream until it ends. Rejects when it breaks; resolves to the status when it was refused, to 0 at its end. */
export async function listen({ url, headers, signal, onOpen, onEvent, onId }: Listening): Promise<number> {
  const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal, cache: 'no-store' })
  if (!response.ok || response.body === null) return response.status
  onOpen()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return 0
    rest += value
    const end = rest.lastIndexOf('\n\n')
    if (end < 0) continue
    for (const block of rest.slice(0, end).split('\n\n')) readBlock(block, onEvent, onId)
    rest = rest.slice(end + 2)
  }
}

function readBlock(block: string, onEvent: (data: string) => void, onId: (id: string) => void): void {
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) data.push(line.slice(6))
    if (line.startsWith('id: ')) onId(line.slice(4))
  }
  if (data.length > 0) onEvent(data.join('\n'))
}
