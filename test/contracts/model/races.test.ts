// The checks of calls that overlap, against a server that looks for the oldest job before it takes it.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { startBroken } from './broken-target.js'
import { mistakes } from './mistakes.js'
import { callsIn, canRunScripts, runScript } from './run-script.js'

describe('model/concurrent-jobs', { timeout: 300_000 }, () => {
  it('finds a job that two callers get, and tells it as lanes of a script', async () => {
    const target = await startBroken(mistakes.looksThenTakes())
    const [result] = (await verify(target, { only: ['model/concurrent-jobs'], seed: 2 })).results
    const [finding] = result?.verdict.kind === 'failed' ? result.verdict.findings : []
    const { script = '', exchanges = [] } = finding ?? {}
    // It takes two; a race need not go wrong each time, so that the search may leave a third one in.
    const lanes = script.match(/^lane_\d\(\)/gm) ?? []
    expect(lanes.length).toBeGreaterThanOrEqual(2)
    expect(lanes.length).toBeLessThanOrEqual(3)
    const [, before = ''] = /(.*?)^lane_1/ms.exec(script) ?? []
    const pairing = ['createPairingSession', 'activatePairingSession', 'registerAgents']
    expect(callsIn(before)).toEqual(expect.arrayContaining([...pairing, 'createJob']))
    expect(callsIn(script).filter((operation) => operation === 'nextJob').length).toBeGreaterThanOrEqual(1)
    expect(exchanges.length).toBeGreaterThan(callsIn(before).length)
    if (!canRunScripts) return
    const { code, output } = await runScript(script)
    expect(code).toBe(0)
    const ids = [...output.matchAll(/"id":"([^"]+)"[^\n]*"status":"running"/g)].map(([, id]) => id)
    expect(ids.length).toBeGreaterThanOrEqual(1)
  })
})
