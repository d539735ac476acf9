import { describe, expect, it } from 'vitest'
import { parseBaseline, verify } from '../../../src/contracts/run/verify.js'
import { selectChecks } from '../../../src/contracts/suites/requirements.js'
import { resolveTarget } from '../../../src/contracts/target/target.js'
import { parseWaivers } from '../../../src/contracts/check/report-model.js'
import { openMockApp } from './mock-target.js'
import { trial } from './trial-checks.js'

const nothing = async () => undefined
const checks = [trial('a/one', nothing), trial('a/two', nothing), trial('b/one', nothing, { needs: { other: 'any' } })]
const ids = (selected: readonly { id: string }[]) => selected.map(({ id }) => id)

describe('defineCheck', () => {
  it('refuses an id that is not area/what', () => {
    expect(() => trial('Job/Fifo', nothing)).toThrow('area/what')
    expect(() => trial('job', nothing)).toThrow('area/what')
  })
})

describe('selectChecks', () => {
  it('takes all, areas, ids, and patterns of ids', () => {
    expect(selectChecks(checks, {})).toHaveLength(3)
    expect(ids(selectChecks(checks, { areas: ['b'] }))).toEqual(['b/one'])
    expect(ids(selectChecks(checks, { ids: ['*/one'] }))).toEqual(['a/one', 'b/one'])
    expect(ids(selectChecks(checks, { areas: ['a'], ids: ['a/two'] }))).toEqual(['a/two'])
  })

  it('refuses what matches nothing, and names what there is', () => {
    expect(() => selectChecks(checks, { areas: ['c'] })).toThrow('a, b')
    expect(() => selectChecks(checks, { ids: ['a/three'] })).toThrow('a/one, a/two')
  })
})

describe('verify', () => {
  it('refuses two checks with one id', async () => {
    const twice = [trial('a/one', nothing), trial('a/one', nothing)]
    await expect(verify({ url: 'http://127.0.0.1:1' }, { checks: twice })).rejects.toMatchObject({
      code: 'check/duplicate',
    })
  })
})

describe('a path', () => {
  it('is refused unless it is one, for one check', async () => {
    const at = (path: string, only: string[]) => verify({ url: 'http://127.0.0.1:1' }, { checks, only, path })
    for (const attempt of [at('0:1', ['a/*']), at('first', ['a/one']), at('', ['a/one'])]) {
      await expect(attempt).rejects.toMatchObject({ code: 'checks/path' })
    }
    await expect(at('0:1', ['a/one'])).rejects.toMatchObject({ code: 'target/unreachable' })
  })

  it('reaches the check, as the number of sequences does', async () => {
    const seen: unknown[] = []
    const reader = trial('a/reader', async ({ path, runs }) => void seen.push([path, runs]))
    const target = openMockApp()
    await verify(target, { checks: [reader], runs: 7 })
    await verify(target, { checks: [reader], path: '3:0:1' })
    expect(seen).toEqual([
      [undefined, 7],
      ['3:0:1', 8],
    ])
  })
})

describe('the old word for quirks', () => {
  it('still selects, waives and is known', () => {
    const quirk = trial('quirks/one', async () => undefined)
    const given = [...checks, quirk]
    expect(selectChecks(given, { ids: ['accidents/*'] })).toEqual([quirk])
    expect(selectChecks(given, { areas: ['accidents'] })).toEqual([quirk])
    expect(parseWaivers([{ id: 'accidents/one', reason: 'x' }])).toEqual([{ id: 'quirks/one', reason: 'x' }])
    expect([...parseBaseline(['accidents/one', 'ACCIDENT-001'])]).toEqual(['quirks/one', 'QUIRK-001'])
  })
})

describe('resolveTarget', () => {
  it('drops slashes at the end and fills in the limits', () => {
    const target = resolveTarget({ url: 'http://host/api//', limits: { job_timeout_seconds: 60 } })
    expect(target.url).toBe('http://host/api')
    expect(target.limits).toMatchObject({ job_timeout_seconds: 60, heartbeat_ttl_seconds: 15 })
  })
})
