// Our mock behind a mistake: what a call answers is decided by a function that may ask the mock, or not.
import { afterEach } from 'vitest'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import type { Target, TargetClock } from '../../../src/contracts/target/target.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import type { ApiRequest, ApiResponse } from '../../../src/mocks/base/exchange.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { matchOperation, operations } from '../../../src/kernel/all-operations.js'
import { fillPath, type OperationId, type ResponseBodyOf } from '../../../src/kernel/operation.js'

/** Operations that mistakes ask the mock for. */
type Asked = 'listJobs' | 'nextJob' | 'getJob' | 'getJobLogs'

/** One call on its way to the mock. */
export interface Call {
  operation: OperationId | undefined
  path: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Parsed JSON; an empty object when there is none. */
  body: Readonly<Record<string, unknown>>
  /** What the mock answers. */
  proceed(): Promise<ApiResponse>
  /** What the mock answers with 200 to another call, of the same caller unless told otherwise; undefined for no 200. */
  ask<Id extends Asked>(
    operation: Id,
    path: Readonly<Record<string, string>>,
    as?: ApiRequest['headers'],
  ): Promise<ResponseBodyOf<Id, 200> | undefined>
  headers: ApiRequest['headers']
}

/** Answers in the mock's place. */
export type Mistake = (call: Call) => Promise<ApiResponse>

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Serves a mock that makes a mistake; it stops after the test. */
export async function startBroken(
  mistake: Mistake,
  options: RunnerMockOptions = {},
): Promise<Target & { clock: TargetClock; mock: RunnerMock }> {
  const mock = createRunnerMock({ scenario: 'empty', ...options })
  const handle = (exchange: ApiRequest): Promise<ApiResponse> => mistake(toCall(mock, exchange))
  const broken = new Proxy(mock, {
    get(target, name) {
      if (name === 'handle') return handle
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
  const server = await serve(broken, { port: 0 })
  stops.push(() => server.close())
  const target = { url: server.url, clock: adminClock(server.adminUrl) }
  // The mock is at hand for tests, and no field of a target.
  return Object.defineProperty(target, 'mock', { value: mock, enumerable: false }) as typeof target & {
    mock: RunnerMock
  }
}

function toCall(mock: RunnerMock, exchange: ApiRequest): Call {
  const [pathname = '', search] = exchange.url.split('?')
  const match = matchOperation(exchange.method, pathname)
  const text = typeof exchange.body === 'string' ? exchange.body : new TextDecoder().decode(exchange.body)
  return {
    operation: match.kind === 'operation' ? match.operation.id : undefined,
    path: match.kind === 'operation' ? match.path : {},
    query: new URLSearchParams(search),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    headers: exchange.headers,
    proceed: async () => mock.handle(exchange),
    async ask<Id extends Asked>(
      operation: Id,
      path: Readonly<Record<string, string>>,
      headers = exchange.headers,
    ): Promise<ResponseBodyOf<Id, 200> | undefined> {
      const { method } = operations[operation]
      const reply = await mock.handle({ method, url: fillPath(operations[operation], path), headers })
      return reply.status === 200 ? (JSON.parse(reply.body) as ResponseBodyOf<Id, 200>) : undefined
    },
  }
}

/** A reply with another body. */
export function withBody(reply: ApiResponse, body: unknown): ApiResponse {
  return { ...reply, body: JSON.stringify(body) }
}

/** The id that a reply's Location ends in. */
export function createdId({ headers }: ApiResponse): string {
  return (headers['location'] ?? headers['Location'] ?? '').split('/').at(-1) ?? ''
}
