// Checks of polls that overlap with what they wait for, against a server on which that is slow to come.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import type { Spoiler } from '../../mutants/mutant.js'
import { startBroken } from '../model/broken-target.js'

const limits = { next_job_poll_timeout_seconds: 1 }

/** The first job is not there before a poll has ended with nothing. */
function firstIsSlow(): Spoiler {
  let count = 0
  let release: () => void = () => undefined
  const hasEnded = new Promise<void>((resolve) => (release = resolve))
  return async (call) => {
    if (call.operation === 'createJob' && ++count === 1) await hasEnded
    const reply = await call.proceed()
    if (call.operation === 'nextJob' && reply.body === 'null') release()
    return reply
  }
}

/** A job of many is handed out to nobody. */
function tenthIsLost(): Spoiler {
  let count = 0
  return async (call) => {
    const reply = await call.proceed()
    return call.operation === 'nextJob' && ++count === 10 ? call.proceed() : reply
  }
}

async function verdictOn(mistake: Spoiler): Promise<string | undefined> {
  const target = await startBroken(mistake, { settings: limits })
  const { results } = await verify({ ...target, limits }, { only: ['concurrency/creating-while-polling'] })
  return results[0]?.verdict.kind
}

describe('concurrency/creating-while-polling', { timeout: 120_000 }, () => {
  it('polls again where jobs are slow to come', async () => {
    expect(await verdictOn(firstIsSlow())).toBe('passed')
  })

  it('finds a job that is lost', async () => {
    expect(await verdictOn(tenthIsLost())).not.toBe('passed')
  })
})
