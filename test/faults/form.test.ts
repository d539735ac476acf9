// Which faults can be injected, and that a wrong one is named by place and injects nothing.
import { describe, expect, it } from 'vitest'
import type { FaultProblem } from '../../src/mocks/engine/faults/read-faults.js'
import type { PresetName } from '../../src/mocks/base/fault.js'
import { presetNames, presets } from '../../src/mocks/engine/faults/fault-presets.js'
import { openMock } from './stages.js'

const broken: [string, unknown, FaultProblem['path']][] = [
  ['no object', 'status', []],
  ['null', null, []],
  ['no effect', { operation: 'nextJob' }, []],
  ['an unknown field', { status: 500, retries: 1 }, ['retries']],
  ['a field that reaches the prototype', JSON.parse('{"status": 500, "__proto__": {}}'), ['__proto__']],
  ['an unknown operation', { operation: 'next', status: 500 }, ['operation']],
  ['an unknown operation in a list', { operation: ['nextJob', 'toString'], status: 500 }, ['operation', 1]],
  ['no operation at all', { operation: [], status: 500 }, ['operation']],
  ['an unknown method', { method: 'get', status: 500 }, ['method']],
  ['a relative path', { path: 'jobs', status: 500 }, ['path']],
  ['a runner without an id', { runner: 'demo', status: 500 }, ['runner']],
  ['a success', { status: 200 }, ['status']],
  ['a status in a text', { status: '500' }, ['status']],
  ['an unknown shape', { status: 500, shape: 'xml' }, ['shape']],
  ['a shape without a status', { drop: 'before', shape: 'errors' }, ['shape']],
  ['retry_after without a status', { delay: { ms: 1 }, retry_after: 1 }, ['retry_after']],
  ['a probability in percent', { status: 500, probability: 50 }, ['probability']],
  ['no times', { status: 500, times: 0 }, ['times']],
  ['half a time', { status: 500, times: 1.5 }, ['times']],
  ['once and times', { status: 500, once: true, times: 2 }, ['times']],
  ['a delay without a unit', { delay: 5 }, ['delay']],
  ['a delay of both forms', { delay: { ms: 1, from: 1, to: 2 } }, ['delay', 'ms']],
  ['a delay from later to earlier', { delay: { from: 2, to: 1 } }, ['delay', 'from']],
  ['an endless delay', { delay: { ms: Infinity } }, ['delay', 'ms']],
  ['two effects', { status: 500, drop: 'after' }, ['drop']],
  ['an unknown drop', { drop: true }, ['drop']],
  ['an unknown body', { body: 'empty' }, ['body']],
  ['a duplicate of nothing', { operation: 'getJob', duplicate: true }, ['operation']],
  ['an eviction of nobody', { operation: 'createProject', evict: true }, ['operation']],
  ['a hold about nobody', { operation: 'createJob', hold: { ms: 1 } }, ['operation']],
  ['a hold from later to earlier', { hold: { from: 2, to: 1 } }, ['hold', 'from']],
  ['an id with a slash', { id: 'a/b', status: 500 }, ['id']],
  ['an unknown preset', { preset: 'constructor' }, ['preset']],
  ['a preset with something else', { preset: 'lossy-polls', status: 500 }, ['status']],
]

describe('load', () => {
  it.each(broken)('refuses %s', (_, document, path) => {
    const { faults } = openMock()
    expect(faults.load(document).problems?.map((problem) => problem.path)).toEqual([path])
    expect(faults.load([{ status: 500 }, document]).problems?.map((problem) => problem.path)).toEqual([[1, ...path]])
    expect(faults.list()).toEqual([])
  })

  it('names every flaw of a document', () => {
    const { problems } = openMock().faults.load([{ status: 1, times: 0 }, { status: 500 }, { delay: {} }])
    expect(problems?.map(({ path }) => path)).toEqual([
      [0, 'status'],
      [0, 'times'],
      [2, 'delay', 'ms'],
    ])
  })

  it('refuses an id that is taken, in the document or before', () => {
    const { faults } = openMock()
    expect(
      faults.load([
        { id: 'a', status: 500 },
        { id: 'a', status: 501 },
      ]).problems?.[0]?.path,
    ).toEqual([1, 'id'])
    faults.inject({ id: 'a', status: 500 })
    expect(faults.load({ id: 'a', status: 500 }).problems?.[0]?.path).toEqual(['id'])
    expect(faults.list()).toHaveLength(1)
  })

  it('takes a fault, a preset, or a list of both', () => {
    const { faults } = openMock()
    expect(faults.load({ status: 500 }).injected).toHaveLength(1)
    expect(faults.load({ preset: 'eviction-storm' }).injected).toMatchObject([{ preset: 'eviction-storm' }])
    expect(faults.load([{ delay: { ms: 5 } }, { preset: 'rate-limited' }]).injected).toHaveLength(3)
    expect(faults.load([]).injected).toEqual([])
    expect(new Set(faults.list().map(({ id }) => id)).size).toBe(5)
  })

  it('keeps a copy: later changes of the document change nothing', () => {
    const { faults } = openMock()
    const fault = { status: 500, delay: { ms: 5 } }
    faults.inject(fault)
    fault.delay.ms = 10
    expect(faults.list()).toMatchObject([{ delay: { ms: 5 } }])
  })
})

describe('inject', () => {
  it('throws for a fault that cannot be used', () => {
    const { faults } = openMock()
    expect(() => faults.inject({ status: 99 })).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
    expect(() => faults.preset('storm' as PresetName)).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
    expect(() => openMock({ faults: [{ times: 1 }] })).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
  })
})

describe('presets', () => {
  it.each(presetNames)('%s can be injected, more than once', (name) => {
    const { faults } = openMock()
    const injected = [...faults.preset(name), ...faults.preset(name)]
    expect(injected).toHaveLength(2 * presets[name].length)
    expect(faults.clear(name)).toBe(injected.length)
  })
})
