// What a process with meter.mjs in it tells of itself.
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { expect, vi } from 'vitest'
import type { Served } from '../sdk/served.js'

/** The environment in which a process has it. */
export const metered = { NODE_OPTIONS: `--import ${pathToFileURL(resolve('test/strength/meter.mjs')).href}` }

export interface Reading {
  /** The longest that it was at one thing since the last reading, in milliseconds of its processor. */
  heldMs: number
  heapUsed: number
  rss: number
}

export async function readMeter(served: Served): Promise<Reading> {
  const before = served.errors().length
  process.kill(served.pid, 'SIGUSR2')
  const said = (): string => served.errors().slice(before)
  await vi.waitFor(() => expect(said()).toMatch(/\n$/), { timeout: 30_000 })
  return JSON.parse(said()) as Reading
}
