/** What goes into the engine and what comes out: plain data, the same for every adapter. */

/** Headers by lower-case name. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The value of a header; '' when it is absent. */
export function headerOf(headers: Headers | undefined, name: string): string {
  const value = headers?.[name]
  if (value === undefined) return ''
  return typeof value === 'string' ? value : value.join(', ')
}

/** One request. */
export interface Exchange {
  /** In capitals. */
  method: string
  /** Path and query relative to the API's base, `/v1/private/...`; or an absolute URL, whose base is then found in it. */
  url: string
  /** Absolute prefix for `Location`, without a trailing slash. Default: taken from an absolute `url`, else a loopback address. */
  base?: string | undefined
  /** Default: none. */
  headers?: Headers | undefined
  /** As it came; compressed when `content-encoding` says so. */
  body?: Uint8Array | string | undefined
  /** Aborts when the caller hangs up. */
  signal?: AbortSignal | undefined
  /**
   * Set by an adapter for a request outside of the API's base path, `url` being the whole path: it is answered 404 with
   * a hint at that base.
   */
  misplaced?: { base: string } | undefined
  /** Set by an adapter that knows somebody else for what no operation takes: asked for the answer then. */
  elsewhere?: (() => Reply | Promise<Reply>) | undefined
}

/** One answer. */
export interface Reply {
  status: number
  headers: Record<string, string>
  /** JSON text; '' when the answer has none. */
  body: string
  /**
   * Set when the answer carries something that must not get lost. Whoever cannot deliver the answer calls `failed`,
   * and what was handed out becomes available again.
   */
  delivery?: { failed: () => void } | undefined
  /**
   * Set when a fault, or the end of the world that was asked, breaks the connection. `drop`: instead of answering, and `status` is 0. `cut`: after `body`, which
   * is only the beginning of what the header `content-length` announces.
   */
  connection?: 'drop' | 'cut' | undefined
  /** Ids of the faults that had a part in the answer, and of the one that decided it. */
  faults?: { readonly struck: readonly string[]; readonly decidedBy: string | undefined } | undefined
}
