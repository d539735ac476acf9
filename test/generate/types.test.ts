// The types that the generated tables promise to whoever builds on them.
import { describe, expectTypeOf, it } from 'vitest'
import type {
  FactsOf,
  LifecycleEvent,
  MachineName,
  OperationsOf,
  SettingName,
  StateOf,
  TriggerOf,
} from '../../src/generated/lifecycle-tables.js'
import type { OperationId, responses } from '../../src/generated/operations.js'
import { operations } from '../../src/kernel/all-operations.js'
import { requestBodies } from '../../src/generated/request-validators.js'
import { responseBodies } from '../../src/generated/response-validators.js'
import type { CreateLocalRunnerJobRequest, LocalRunnerJob } from '../../src/generated/named-types.js'

describe('lifecycle types', () => {
  it('name machines, settings, states, triggers and operations exactly', () => {
    expectTypeOf<MachineName>().toEqualTypeOf<'pairingSession' | 'runner' | 'job' | 'bridgeCommand'>()
    expectTypeOf<StateOf<'runner'>>().toEqualTypeOf<'none' | 'pairing' | 'connected' | 'disconnected'>()
    expectTypeOf<'heartbeat_ttl_seconds'>().toExtend<SettingName>()
    expectTypeOf<'timer.job_timeout' | 'runner.gone' | 'cancelJob'>().toExtend<TriggerOf<'job'>>()
    expectTypeOf<'timer.job_timeout'>().not.toExtend<TriggerOf<'runner'>>()
    expectTypeOf<OperationsOf<'job'>>().toExtend<OperationId>()
    expectTypeOf<'slot.taken' | 'pairingSession.created'>().toExtend<LifecycleEvent>()
  })

  it('admit only known facts with known values, each of which may be left out', () => {
    expectTypeOf<FactsOf<'pairingSession'>>().toEqualTypeOf<{
      readonly proof?: 'valid' | 'invalid'
      readonly project?: 'known' | 'unknown'
      readonly key?: 'usable' | 'unusable'
    }>()
  })
})

describe('operation table', () => {
  it('keeps its values as types', () => {
    expectTypeOf(operations.getJob.method).toEqualTypeOf<'GET'>()
    expectTypeOf<keyof (typeof responses)['getJob']>().toExtend<number>()
  })
})

describe('validators', () => {
  it('narrow a value to the type of the body', () => {
    const value: unknown = {}
    if (requestBodies.createJob(value)) expectTypeOf(value).toEqualTypeOf<CreateLocalRunnerJobRequest>()
    if (responseBodies.getJob[200](value)) expectTypeOf(value).toEqualTypeOf<LocalRunnerJob>()
    expectTypeOf(responseBodies.cancelJob[204]).toEqualTypeOf<null>()
  })
})
