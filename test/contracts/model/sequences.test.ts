// The model-based checks against servers that make mistakes: each is caught, by a sequence that is no longer than it
// must be, and its script shows the same mistake again when bash and curl run it.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/contracts/target/expectation.js'
import type { Target } from '../../../src/contracts/target/target.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Layer } from '../../mutants/broken-mock.js'
import { runnerIdOf } from '../../mutants/polls.js'
import { editMembers, insteadOf } from '../../mutants/spoils.js'
import { startMockTarget } from '../framework/mock-target.js'
import { callsIn, canRunScripts, runScript } from './run-script.js'

/** What a check finds wrong with a target; it must find one thing. */
async function findingOf(target: Target, check: string, options: VerifyOptions = {}): Promise<Finding> {
  const [result] = (await verify(target, { seed: 1, ...options, only: [check] })).results
  if (result?.verdict.kind !== 'failed') throw new Error(`${check}: ${JSON.stringify(result?.verdict)}`)
  const [finding, ...others] = result.verdict.findings
  expect(others).toEqual([])
  return finding!
}

// Seeds are those that find and shorten a mistake quickly; others do as well.

const CALLS = [
  ...['createPairingSession', 'activatePairingSession', 'heartbeat'],
  ...['createBridgeCommand', 'reportBridgeResult', 'reportBridgeResult'],
]

/** A search may end at a sequence that nothing single can be taken from, although a shorter one exists. */
const SPARE_CALLS = 2

const newestFirst: Layer = {
  touches: new Set(['nextJob']),
  spoil(stage) {
    const taken = new Map<string, ApiResponse[]>()
    return async (call) => {
      const jobs = taken.get(runnerIdOf(call)) ?? []
      taken.set(runnerIdOf(call), jobs)
      while (stage.jobsOf(runnerIdOf(call), 'pending').length > 0) jobs.push(await call.proceed())
      return jobs.pop() ?? call.proceed()
    }
  },
}

const secondReportCounts = { touches: new Set(['reportBridgeResult'] as const), spoil: insteadOf(409, 204) }

describe.skipIf(!canRunScripts)('random sequences', () => {
  it('catch a mistake and tell it in a script', async () => {
    const target = await startMockTarget({ clock: true, layers: [secondReportCounts] })
    const { script = '' } = await findingOf(target, 'model/commands', { seed: 8 })
    const told = callsIn(script)
    expect(told.length).toBeLessThanOrEqual(CALLS.length + SPARE_CALLS)
    expect(told).toEqual(expect.arrayContaining([...new Set(CALLS)]))
    expect((await runScript(script)).code).toBe(1)
    // It is the server that makes the script end like that.
    const { url } = await startMockTarget()
    expect((await runScript(script, { API: url })).code).toBe(0)
  })
})

const countsOneMore: Layer = {
  touches: new Set(['listJobs']),
  spoil: editMembers((page) => ({ ...page, total: Number(page['total']) > 0 ? Number(page['total']) + 1 : 0 })),
}

describe('sequences that are played side by side while time is moved', () => {
  it('show a mistake in as few calls as one by itself, which is replayed by its path', async () => {
    const start = () => startMockTarget({ clock: true, layers: [countsOneMore] })
    const { script = '' } = await findingOf(await start(), 'model/time', { seed: 1, runs: 5 })
    const told = ['createPairingSession', 'activatePairingSession', 'registerAgents', 'createJob', 'listJobs']
    expect(callsIn(script)).toEqual(told)
    const [, path = ''] = /--path ([\d:]+)/.exec(script) ?? []
    const replayed = await findingOf(await start(), 'model/time', { seed: 1, path })
    expect(callsIn(replayed.script ?? '')).toEqual(told)
  })
})

/** Without what differs from one target to another. */
const plain = (script: string): string =>
  script.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:5173').trim()

describe('a failing sequence', () => {
  const [check, seed] = ['model/jobs', 5]
  const start = () => startMockTarget({ clock: true, layers: [newestFirst] })
  let found: Finding
  beforeAll(async () => {
    found = await findingOf(await start(), check, { seed })
  })

  it('is the same for the same seed, and is replayed alone by its path', async () => {
    const { script = '', expected } = found
    const [, path = ''] = /--path ([\d:]+)/.exec(script) ?? []
    const replayed = await verify(await start(), { only: [check], seed, path })
    const [result] = replayed.results
    expect(result?.verdict).toMatchObject({ kind: 'failed', findings: [{ expected: expect.any(String) as unknown }] })
    const [finding] = result?.verdict.kind === 'failed' ? result.verdict.findings : []
    expect(plain(finding?.script ?? '')).toBe(plain(script))
    expect(expected).toMatch(/oldest pending job/)
    expect(replayed.requests).toBeLessThan(20)
  })

  it('is told as docs/model.md shows it', () => {
    const { script = '' } = found
    const guide = readFileSync(new URL('../../../docs/model.md', import.meta.url), 'utf8')
    const [, shown = ''] = /```bash\n(#!.*?)```/s.exec(guide) ?? []
    expect(shown.trim()).toBe(plain(script))
  })
})
