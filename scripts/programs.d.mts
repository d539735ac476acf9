import type { LaunchOptions } from 'playwright-core'

/** A running nginx. */
export interface Proxy {
  /** Where it listens: `http://127.0.0.1:PORT`. */
  readonly origin: string
  /** Lets what is under way end. */
  stop(): Promise<void>
}

export function freePort(): Promise<number>
export function installPython(folder: string, packages: readonly string[]): void
export function launchOptions(): Pick<LaunchOptions, 'executablePath' | 'args'>
export function missingChromium(): string | undefined
export function missingNginx(): string | undefined
export function programOf(folder: string, name: string): string
export function startNginx(ports: readonly number[]): Promise<Proxy>
