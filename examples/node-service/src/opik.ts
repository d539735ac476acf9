import createClient, { type Client } from 'openapi-fetch'
import type { paths } from 'opik-runner-kit'

export type Opik = Client<paths>

export interface OpikOptions {
  /** Base of the API, with its prefix: `https://www.comet.com/opik/api`. */
  url: string
  apiKey?: string | undefined
  workspace?: string | undefined
}

/** A client that knows every path, parameter, body and answer of the local-runner API, and costs nothing at run time. */
export function createOpik({ url, apiKey, workspace }: OpikOptions): Opik {
  return createClient<paths>({
    baseUrl: url,
    headers: { Authorization: apiKey, 'Comet-Workspace': workspace },
    // Looked up at each call: openapi-fetch would keep the `fetch` that it finds now, and MSW replaces it later.
    fetch: (request) => fetch(request),
  })
}
