// Every quirk of today's servers by itself, accepted and refused.
import { describe, expect, it } from 'vitest'
import { quirkIds, type QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import type { Verdict } from '../../../src/contracts/check/check.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import type { Target } from '../../../src/contracts/target/target.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { judge, parseRecording, type Judgement } from '../../../src/contracts/watch/judge-recording.js'
import { quirks } from '../../../src/generated/quirks.js'
import { runnerOperations } from '../../../src/kernel/operation.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { quirkVariants, createQuirkMock } from './quirks.js'
import { races } from './races.js'

/** What watch says of the traffic of a run. */
function watched(lines: readonly unknown[]): Judgement {
  return judge(parseRecording(lines.map((line) => JSON.stringify(line)).join('\n')), {
    startsEmpty: true,
    sides: ['server'],
  })
}

async function judged(mock: RunnerMock, options: VerifyOptions, limits: Target['limits'] = {}): Promise<Report> {
  await mock.ready
  const server = await serve(mock, { port: 0 })
  try {
    return await verify(
      { url: server.url, clock: adminClock(server.adminUrl), limits },
      { seed: 3, runs: 4, ...options },
    )
  } finally {
    await server.close()
    await mock.close()
  }
}

const only = (id: QuirkId, options: VerifyOptions = {}): Promise<Report> =>
  judged(createQuirkMock(id), { only: quirkVariants[id].checks, ...options })

const andBeside = (id: QuirkId): readonly string[] => {
  const { checks, beside = [] } = quirkVariants[id]
  return [...checks, ...beside]
}

/** Whether watch, which judges the operations of runners, gets to see it: no recording keeps what is too long. */
function isOfRunners(id: QuirkId): boolean {
  const { class: kind, operations } = quirks[id]
  return (
    id !== 'refused-payload-counts' &&
    kind === 'quirk' &&
    operations.some((operation) => Object.hasOwn(runnerOperations, operation))
  )
}

const failedIn = ({ results }: Report): Verdict[] =>
  results.map(({ verdict }) => verdict).filter(({ kind }) => kind === 'failed' || kind === 'error')

describe.each(quirkIds)('%s', (id) => {
  it('is accepted and listed, and refused by its name under strict', async () => {
    const lines: unknown[] = []
    const recording = { write: (line: unknown) => lines.push(line) }
    const lenient = await only(id, { only: andBeside(id), recording })
    expect(failedIn(lenient)).toEqual([])
    expect(lenient.quirks.map((seen) => seen.id)).toEqual([id])

    const { verdicts, quirks: seen } = watched(lines)
    expect(verdicts).toEqual([])
    const named = seen.filter((each) => each.id === id).map(({ how }) => how)
    if (isOfRunners(id)) expect(named).toContain('seen')

    const strict = await only(id, { strict: true })
    expect(strict.exitCode).toBe(1)
    expect(JSON.stringify(failedIn(strict))).toContain(id)

    expect((await only(id, { strict: true, accept: [id] })).exitCode).toBe(0)
  })
})

describe.each(Object.entries(races))('%s', (_, { checks, undeclared, settings }) => {
  it('that is lost in another shape fails', async () => {
    const mock = putBefore(createRunnerMock({ scenario: 'empty', settings }), [undeclared])
    const { exitCode } = await judged(mock, { only: checks.filter((id) => id.startsWith('concurrency/')) })
    expect(exitCode).toBe(1)
  })
})

describe('a server with all of them', () => {
  // That it passes, and that under strict every failure names a quirk, is for two trials of `npm run test:verify`.
  it('shows what becomes of ended jobs where they expire before a dead runner is purged', async () => {
    const limits = { completed_job_ttl_seconds: 3600 }
    const mock = createRunnerMock({ scenario: 'empty', profile: 'opik', settings: limits })
    const { quirks } = await judged(
      mock,
      { only: ['time/expired-job-not-listed', 'time/cancelled-job-expires'] },
      limits,
    )
    expect(quirks.map(({ id }) => id)).toEqual(['total-counts-expired', 'cancelled-running-never-expires'])
  })
})
