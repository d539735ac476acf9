// What a story of an accident is.
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import type { Settings } from '../../src/mocks/base/settings.js'
import type { Api } from '../mocks/api.js'

/** What a story may use: a fresh mock with a frozen clock. */
export interface Ground {
  mock: RunnerMock
  /** Throws for an answer that the spec does not have. */
  api: Api
  /** Asks for anything, and takes any answer. */
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Got>
}

/** An answer of any kind. */
export interface Got {
  status: number
  body: unknown
}

/** A story with its two ends. */
export interface Story {
  settings?: Partial<Settings>
  play: (ground: Ground) => Promise<unknown>
  /** As it should be. */
  sane: unknown
  /** As today's server does it. */
  today: unknown
}
