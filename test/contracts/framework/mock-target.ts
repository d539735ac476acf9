// Our own mock as a target, one per test: over HTTP, or as an app of this process; layers before it spoil its answers.
import { afterEach } from 'vitest'
import { serve } from '../../../src/mocks/adapters/node.js'
import type { ApiRequest } from '../../../src/mocks/base/exchange.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import type { AppTarget, Target } from '../../../src/contracts/target/target.js'
import { putBefore, type Layer } from '../../mutants/broken-mock.js'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

export interface MockTarget extends Target {
  mock: RunnerMock
  adminUrl: string
  stop(): Promise<void>
}

export type MockApp = AppTarget & { mock: RunnerMock }

type MockTargetOptions = RunnerMockOptions & { layers?: readonly Layer[] }

const createMock = ({ layers = [], ...options }: MockTargetOptions): RunnerMock =>
  putLayers(createRunnerMock({ scenario: 'empty', ...options }), layers)

/** Puts layers before a mock, however it is asked. */
export function putLayers(mock: RunnerMock, layers: readonly Layer[]): RunnerMock {
  if (layers.length === 0) return mock
  const layered = putBefore(mock, layers)
  // Layers know calls by the path alone; an app is asked by whole URLs.
  const atBase = (exchange: ApiRequest): ApiRequest => {
    const [, base, url = ''] = /^(https?:\/\/[^/]+)?(.*)$/.exec(exchange.url) ?? []
    return base === undefined ? exchange : { ...exchange, base, url }
  }
  mock.handle = (exchange) => layered.handle(atBase(exchange))
  return mock
}

/** An empty mock as an app of this process, its time movable: that takes half the time of a server. */
export function openMockApp(options: MockTargetOptions = {}): MockApp {
  const mock = createMock(options)
  stops.push(() => mock.close())
  return appOf(mock)
}

/** A mock as an app, with its clock; it is the test's to close. */
export function appOf(mock: RunnerMock): MockApp {
  const advance = async (seconds: number): Promise<number> => {
    await mock.clock.advance({ seconds })
    return mock.clock.now()
  }
  return withExtras({ app: mock, clock: { advance, now: async () => mock.clock.now() } }, { mock })
}

/** A target has members of its own and no others, so what only the tests need does not count as one. */
const withExtras = <T extends object, Extras extends object>(target: T, extras: Extras): T & Extras =>
  Object.assign(Object.setPrototypeOf({}, extras) as Extras, target)

/** Serves an empty mock; with `clock`, its time can be moved. */
export async function startMockTarget(options: MockTargetOptions & { clock?: boolean } = {}): Promise<MockTarget> {
  const { clock = false, ...mockOptions } = options
  const mock = createMock(mockOptions)
  const server = await serve(mock, { port: 0 })
  const stop = async () => {
    await server.close()
    await mock.close()
  }
  stops.push(stop)
  const target = { url: server.url, ...(clock && { clock: adminClock(server.adminUrl) }) }
  return withExtras(target, { mock, stop, adminUrl: server.adminUrl })
}
