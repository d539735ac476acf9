// What must not compile: these are held by the type check of the tests, which refuses an expectation that is not met.
import { describe, expect, expectTypeOf, it } from 'vitest'
import { facts } from '../../src/lifecycle/facts.js'
import { jobResolvers } from '../../src/mocks/resolvers/job-resolvers.js'
import { bridgeResolvers } from '../../src/mocks/resolvers/bridge-resolvers.js'
import { pairingResolvers } from '../../src/mocks/resolvers/pairing-resolvers.js'
import { runnerResolvers } from '../../src/mocks/resolvers/runner-resolvers.js'
import type { KeptResolver } from '../../src/mocks/engine/collection-code.js'
import type { Outcome, Resolver, RunnerResolvers } from '../../src/mocks/engine/resolver.js'
import { findDecision } from '../../src/lifecycle/table.js'
import type { JobRecord, RunnerRecord } from '../../src/mocks/world/records.js'

const others = {
  ...pairingResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
}

describe('a resolver', () => {
  it('says what a success carries, and no status', () => {
    const right: Resolver<'cancelJob'> = () => ({})
    const made: Resolver<'createJob'> = () => ({ created: 'x' })
    const nothing: Outcome<'nextJob'> = { body: null }
    const refusing: KeptResolver<'retrieveProject'> = () => ({ refused: 'unknown', details: {} })
    // @ts-expect-error statuses come from the rules
    const status: Resolver<'cancelJob'> = () => ({ status: 204 })
    // @ts-expect-error no success of cancelJob has a body
    const talkative: Resolver<'cancelJob'> = () => ({ body: { code: 204 } })
    // @ts-expect-error createJob names what it has made
    const anonymous: Resolver<'createJob'> = () => ({})
    // @ts-expect-error the body lacks almost everything
    const incomplete: Resolver<'getRunner'> = () => ({ body: { id: 'x' } })
    // @ts-expect-error `waiting` is no status of a job
    const wrongEnum: Outcome<'nextJob'> = { body: { ...job, status: 'waiting' } }
    // @ts-expect-error the lifecycle refuses for cancelJob, and nobody else
    const unruly: Resolver<'cancelJob'> = () => ({ refused: 'unknown', details: {} })
    // @ts-expect-error the spec declares no such refusal
    const inventive: KeptResolver<'retrieveProject'> = () => ({ refused: 'tired', details: {} })
    // @ts-expect-error the words of this refusal tell the key
    const silent: KeptResolver<'createTrace'> = () => ({ refused: 'complete', details: {} })
    // @ts-expect-error another operation's rule decides nothing here
    const borrowed: Outcome<'nextJob'> = { body: null, decided: findDecision('job', 'none', 'getJob') }
    expect([right, made, nothing, refusing, status, talkative, anonymous, incomplete]).toHaveLength(8)
    expect([wrongEnum, unruly, inventive, silent, borrowed]).toHaveLength(5)
  })

  it('gets its subject where the rules accept no request without one', () => {
    const certain: Resolver<'cancelJob'> = (_, { subject }) => {
      const found: JobRecord = subject
      return found.isExpired ? {} : {}
    }
    const uncertain: Resolver<'disconnectRunner'> = (_, { subject }) => {
      // @ts-expect-error a stranger's runner is left alone, and that is no refusal
      const found: RunnerRecord = subject
      return found.isGone ? {} : {}
    }
    const none: Resolver<'isAlive'> = (_, { subject, decision }) => {
      expectTypeOf(subject).toEqualTypeOf<undefined>()
      expectTypeOf(decision).toEqualTypeOf<undefined>()
      return { body: { healthy: true } }
    }
    const through: Resolver<'createJob'> = (_, { subject, decision }) => {
      expectTypeOf(decision.rule.to).toEqualTypeOf<'pending'>()
      const found: RunnerRecord = subject
      return { created: found.id }
    }
    expect([certain, uncertain, none, through]).toHaveLength(4)
  })

  it('reads only what the spec declares', () => {
    const read: Resolver<'getJobLogs'> = ({ path, query }) => {
      expectTypeOf(path.jobId).toEqualTypeOf<string>()
      expectTypeOf(query.offset).toEqualTypeOf<number>()
      // @ts-expect-error getJobLogs has no runnerId in its path
      expect(path.runnerId).toBeUndefined()
      return { body: [] }
    }
    const write: Resolver<'createJob'> = ({ body }) => {
      expectTypeOf(body.agent_name).toEqualTypeOf<string>()
      // @ts-expect-error a job is not created with a colour
      expect(body.colour).toBeUndefined()
      return { created: 'x' }
    }
    expect([read, write]).toHaveLength(2)
  })
})

describe('the set of resolvers', () => {
  it('is complete, and its members stand under their own names', () => {
    const complete: RunnerResolvers = { ...others, ...runnerResolvers }
    // @ts-expect-error the resolvers of runners are missing
    const missing: RunnerResolvers = { ...others }
    // @ts-expect-error getRunner does not answer what listRunners answers
    const swapped: RunnerResolvers = { ...complete, listRunners: runnerResolvers.getRunner }
    expect([missing, swapped]).toHaveLength(2)
  })
})

describe('the facts of a machine', () => {
  it('are those of its conditions that no request carries, and nothing else', () => {
    type JobFacts = (typeof facts)['job']
    // @ts-expect-error nobody finds the condition `batch`
    const missing: JobFacts = {}
    // @ts-expect-error jobs have no condition `colour`
    const more: JobFacts = { batch: facts.job.batch, colour: () => 'red' }
    // @ts-expect-error `huge` is no value of `batch`
    const wrong: JobFacts = { batch: () => 'huge' }
    expect([missing, more, wrong]).toHaveLength(3)
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
