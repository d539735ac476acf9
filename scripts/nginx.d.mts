/** A running nginx. */
export interface Proxy {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly origin: string
  /** Lets what is under way end. */
  stop(): Promise<void>
}

export function missingNginx(): string | undefined
export function startNginx(ports: readonly number[]): Promise<Proxy>
