export interface Client {
  language: 'python' | 'typescript'
  version: string
  /** Where it is installed. */
  folder: string
}

export function clientsOf(isAll: boolean): Client[]
export function installClient(client: Client): void
