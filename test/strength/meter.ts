// What a process with meter.mjs in it tells of itself.
import { expect, vi } from 'vitest'
import type { Served } from './command.js'

export interface Reading {
  /** The longest that it was at one thing since the last reading, in milliseconds of its processor. */
  heldMs: number
  heapUsed: number
  rss: number
}

export async function readMeter(served: Served): Promise<Reading> {
  const before = served.trouble().length
  process.kill(served.pid, 'SIGUSR2')
  const said = (): string => served.trouble().slice(before)
  await vi.waitFor(() => expect(said()).toMatch(/\n$/), { timeout: 30_000 })
  return JSON.parse(said()) as Reading
}
