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

/** Takes what is of a type, and does nothing. */
const take = <Type>(value: Type): Type => {
  expect(value).toBeDefined()
  return value
}

describe('a resolver', () => {
  it('says what a success carries, and no status', () => {
    take<Resolver<'cancelJob'>>(() => ({}))
    take<Resolver<'createJob'>>(() => ({ created: 'x' }))
    take<Outcome<'nextJob'>>({ body: null })
    take<KeptResolver<'retrieveProject'>>(() => ({ refused: 'unknown', details: {} }))
    // @ts-expect-error statuses come from the rules
    take<Resolver<'cancelJob'>>(() => ({ status: 204 }))
    // @ts-expect-error no success of cancelJob has a body
    take<Resolver<'cancelJob'>>(() => ({ body: { code: 204 } }))
    // @ts-expect-error createJob names what it has made
    take<Resolver<'createJob'>>(() => ({}))
    // @ts-expect-error the body lacks almost everything
    take<Resolver<'getRunner'>>(() => ({ body: { id: 'x' } }))
    // @ts-expect-error `waiting` is no status of a job
    take<Outcome<'nextJob'>>({ body: { ...job, status: 'waiting' } })
    // @ts-expect-error the lifecycle refuses for cancelJob, and nobody else
    take<Resolver<'cancelJob'>>(() => ({ refused: 'unknown', details: {} }))
    // @ts-expect-error the spec declares no such refusal
    take<KeptResolver<'retrieveProject'>>(() => ({ refused: 'tired', details: {} }))
    // @ts-expect-error the words of this refusal tell the key
    take<KeptResolver<'createTrace'>>(() => ({ refused: 'complete', details: {} }))
    // @ts-expect-error another operation's rule decides nothing here
    take<Outcome<'nextJob'>>({ body: null, decided: findDecision('job', 'none', 'getJob') })
  })

  it('gets its subject where the rules accept no request without one', () => {
    take<Resolver<'cancelJob'>>((_, { subject }) => {
      const found: JobRecord = subject
      return found.isExpired ? {} : {}
    })
    take<Resolver<'disconnectRunner'>>((_, { subject }) => {
      // @ts-expect-error a stranger's runner is left alone, and that is no refusal
      const found: RunnerRecord = subject
      return found.isGone ? {} : {}
    })
    take<Resolver<'isAlive'>>((_, { subject, decision }) => {
      expectTypeOf(subject).toEqualTypeOf<undefined>()
      expectTypeOf(decision).toEqualTypeOf<undefined>()
      return { body: { healthy: true } }
    })
    take<Resolver<'createJob'>>((_, { subject, decision }) => {
      expectTypeOf(decision.rule.to).toEqualTypeOf<'pending'>()
      const found: RunnerRecord = subject
      return { created: found.id }
    })
  })

  it('reads only what the spec declares', () => {
    take<Resolver<'getJobLogs'>>(({ path, query }) => {
      expectTypeOf(path.jobId).toEqualTypeOf<string>()
      expectTypeOf(query.offset).toEqualTypeOf<number>()
      // @ts-expect-error getJobLogs has no runnerId in its path
      expect(path.runnerId).toBeUndefined()
      return { body: [] }
    })
    take<Resolver<'createJob'>>(({ body }) => {
      expectTypeOf(body.agent_name).toEqualTypeOf<string>()
      // @ts-expect-error a job is not created with a colour
      expect(body.colour).toBeUndefined()
      return { created: 'x' }
    })
  })
})

describe('the set of resolvers', () => {
  it('is complete, and its members stand under their own names', () => {
    const others = { ...pairingResolvers, ...jobResolvers, ...bridgeResolvers }
    take<RunnerResolvers>({ ...others, ...runnerResolvers })
    // @ts-expect-error the resolvers of runners are missing
    take<RunnerResolvers>(others)
    // @ts-expect-error getRunner does not answer what listRunners answers
    take<RunnerResolvers>({ ...others, ...runnerResolvers, listRunners: runnerResolvers.getRunner })
  })
})

describe('the facts of a machine', () => {
  it('are those of its conditions that no request carries, and nothing else', () => {
    type JobFacts = (typeof facts)['job']
    // @ts-expect-error nobody finds the condition `batch`
    take<JobFacts>({})
    // @ts-expect-error jobs have no condition `colour`
    take<JobFacts>({ batch: facts.job.batch, colour: () => 'red' })
    // @ts-expect-error `huge` is no value of `batch`
    take<JobFacts>({ batch: () => 'huge' })
  })
})

const ids = { id: 'x', runner_id: 'x', project_id: 'x' }
const job = { ...ids, agent_name: 'x', status: 'pending', timeout: 0, created_at: 'x' } as const
