import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OperationId } from '../../../src/kernel/operation.js'

export type PartialServerName =
  | 'nothing but 404'
  | 'lists only'
  | 'all but bridge'
  | '500 always'
  | 'alive and then silent'

/** The servers by their names. */
export const partialServers: Readonly<
  Record<
    PartialServerName,
    {
      /** The operation that is to be built next. */
      next: OperationId
      /** What it does with a request; `forward` passes it on to a whole server. */
      answer(incoming: IncomingMessage, response: ServerResponse, forward: () => void): void
    }
  >
>

/** Listens on a free loopback port; what it passes on goes to the server at `origin`. */
export function startPartialServer(name: PartialServerName, origin?: string): Promise<{ url: string; close(): void }>
