// What kit.yaml alone does not decide of faults, and that a wrong one is named by place and injects nothing.
import { describe, expect, it } from 'vitest'
import type { FaultProblem } from '../../src/mocks/engine/faults/faults.js'
import type { PresetName } from '../../src/generated/kit-schema.js'
import { openMock } from './stages.js'

const broken: [string, unknown, FaultProblem['path']][] = [
  ['no effect', { operation: 'nextJob' }, []],
  ['a shape without a status', { drop: 'before', shape: 'errors' }, ['shape']],
  ['retry_after without a status', { delay: { ms: 1 }, retry_after: 1 }, ['retry_after']],
  ['once and times', { status: 500, once: true, times: 2 }, ['times']],
  ['a delay from later to earlier', { delay: { from: 2, to: 1 } }, ['delay', 'from']],
  ['two effects', { status: 500, drop: 'after' }, ['drop']],
  ['a duplicate of nothing', { operation: 'getJob', duplicate: true }, ['operation']],
  ['an eviction of nobody', { operation: 'createProject', evict: true }, ['operation']],
  ['a hold about nobody', { operation: 'createJob', hold: { ms: 1 } }, ['operation']],
  ['a hold from later to earlier', { hold: { from: 2, to: 1 } }, ['hold', 'from']],
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

it('inject throws for a fault that cannot be used', () => {
  const { faults } = openMock()
  expect(() => faults.inject({ status: 99 })).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
  expect(() => faults.preset('storm' as PresetName)).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
  expect(() => openMock({ faults: [{ times: 1 }] })).toThrow(expect.objectContaining({ code: 'faults/invalid' }))
})
