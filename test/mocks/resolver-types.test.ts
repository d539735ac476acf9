// What must not compile: these are held by the type check of the tests, which refuses an expectation that is not met.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { bridgeResolvers } from '../../src/mocks/resolvers/bridge.js'
import { jobResolvers } from '../../src/mocks/resolvers/jobs.js'
import { pairingResolvers } from '../../src/mocks/resolvers/pairing.js'
import { systemResolvers } from '../../src/mocks/resolvers/system.js'
import { runnerResolvers } from '../../src/mocks/resolvers/runners.js'
import type { OperationReply, Resolver, Resolvers } from '../../src/mocks/engine/resolver.js'

const others = {
  ...pairingResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
  ...systemResolvers,
}

describe('a resolver', () => {
  it('answers declared statuses with their bodies only', () => {
    const right: Resolver<'cancelJob'> = () => ({ status: 204 })
    const refusing: Resolver<'cancelJob'> = async () => ({ status: 404, body: { code: 404, message: 'none' } })
    // @ts-expect-error 200 is not declared for cancelJob
    const undeclared: Resolver<'cancelJob'> = () => ({ status: 200 })
    // @ts-expect-error a 204 has no body
    const talkative: Resolver<'cancelJob'> = () => ({ status: 204, body: { code: 204, message: 'done' } })
    // @ts-expect-error a 404 needs a body
    const silent: Resolver<'cancelJob'> = () => ({ status: 404 })
    // @ts-expect-error the body lacks almost everything
    const incomplete: Resolver<'getRunner'> = () => ({ status: 200, body: { id: 'x' } })
    // @ts-expect-error `waiting` is no status of a job
    const wrongEnum: OperationReply<'nextJob'> = { status: 200, body: { ...job, status: 'waiting' } }
    const nothing: OperationReply<'nextJob'> = { status: 200, body: null }
    expect([right, refusing, undeclared, talkative, silent, incomplete, wrongEnum, nothing]).toHaveLength(8)
  })

  it('reads only what the spec declares', () => {
    const read: Resolver<'getJobLogs'> = ({ path, query }) => {
      expectTypeOf(path.jobId).toEqualTypeOf<string>()
      expectTypeOf(query.offset).toEqualTypeOf<number>()
      // @ts-expect-error getJobLogs has no runnerId in its path
      expect(path.runnerId).toBeUndefined()
      return { status: 200, body: [] }
    }
    const write: Resolver<'createJob'> = ({ body }) => {
      expectTypeOf(body.agent_name).toEqualTypeOf<string>()
      // @ts-expect-error a job is not created with a colour
      expect(body.colour).toBeUndefined()
      return { status: 201 }
    }
    expect([read, write]).toHaveLength(2)
  })
})

describe('the set of resolvers', () => {
  it('is complete, and its members stand under their own names', () => {
    const complete: Resolvers = { ...others, ...runnerResolvers }
    // @ts-expect-error the resolvers of runners are missing
    const missing: Resolvers = { ...others }
    // @ts-expect-error getRunner does not answer what listRunners answers
    const swapped: Resolvers = { ...complete, listRunners: runnerResolvers.getRunner }
    expect([missing, swapped]).toHaveLength(2)
  })
})

const job = {
  id: 'x',
  runner_id: 'x',
  agent_name: 'x',
  status: 'pending',
  project_id: 'x',
  timeout: 0,
  created_at: 'x',
} as const
