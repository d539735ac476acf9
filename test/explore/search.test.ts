// The search is given a program in small: how it runs under a plan. It tries each order once, fewest departures first.
import { describe, expect, it } from 'vitest'
import {
  areIndependent,
  PlannedRun,
  OrderSearch,
  shrink,
  type OrderPlan,
  type Possibility,
} from '../../src/explore/search.js'

const write = (name: string, resource = 'job'): Possibility => {
  return { key: `answer ${name}`, kind: 'answer', call: { resource, isRead: false, content: name } }
}
const read = (name: string, resource: string, content = name): Possibility => {
  return { key: `answer ${name}`, kind: 'answer', call: { resource, isRead: true, content } }
}
const step: Possibility = { key: 'step click', kind: 'step' }
const time = (at: number, isSoon = false): Possibility => ({ key: `time ${at} s`, kind: 'time', isSoon })

/** Releases all of these, which are possible from the beginning, and returns the order. */
function release(all: readonly Possibility[], run: PlannedRun): string[] {
  const left = [...all]
  const order: string[] = []
  while (left.length > 0) {
    const { taken } = run.choose(left)
    order.push(taken.key)
    left.splice(
      left.findIndex(({ key }) => key === taken.key.replace('drop ', '')),
      1,
    )
  }
  return order
}

/** All orders that a search tries. */
function ordersOf(
  all: readonly Possibility[],
  options: { orders?: number; departures?: number; seed?: number; swapReads?: boolean } = {},
) {
  const search = new OrderSearch({ orders: 1000, departures: 10, seed: 1, ...options })
  const tried: { plan: OrderPlan; order: string }[] = []
  for (let plan = search.next(); plan !== undefined; plan = search.next()) {
    const run = new PlannedRun(plan)
    tried.push({ plan, order: release(all, run).join(', ') })
    search.learn(plan, run.choices)
  }
  return { tried, search, orders: [...new Set(tried.map(({ order }) => order))] }
}

describe('PlannedRun', () => {
  it('releases answers as they are ready, then lets users act, then time pass', () => {
    const order = release([time(5), step, write('a'), write('b')], new PlannedRun([]))
    expect(order).toEqual(['answer a', 'answer b', 'step click', 'time 5 s'])
  })

  it('lets time that is about to pass go before a user', () => {
    expect(release([step, time(1, true)], new PlannedRun([]))).toEqual(['time 1 s', 'step click'])
  })

  it('makes slow what a departure has overtaken', () => {
    const run = new PlannedRun([{ pick: 'answer c', over: 'answer a' }])
    expect(release([write('a'), write('b'), write('c'), write('d'), step], run)).toEqual([
      ...['answer c', 'answer d', 'step click', 'answer a', 'answer b'],
    ])
    expect(run.isComplete).toBe(true)
  })

  it('says when it has not come to a departure', () => {
    const run = new PlannedRun([{ pick: 'answer x', over: 'answer a' }])
    release([write('a'), write('b')], run)
    expect(run.isComplete).toBe(false)
  })

  it('breaks a connection in place of an answer', () => {
    const run = new PlannedRun([{ pick: 'drop answer a', over: 'answer a' }], true)
    expect(release([write('a'), write('b')], run)).toEqual(['drop answer a', 'answer b'])
  })
})

describe('Search', () => {
  it('tries every order of calls that can matter to each other', () => {
    const { orders, search } = ordersOf([write('a'), write('b'), write('c'), write('d')])
    expect(orders).toHaveLength(24)
    expect(search.isComplete).toBe(true)
  })

  it('begins with the natural order, and goes on to more departures', () => {
    const { tried } = ordersOf([write('a'), write('b'), write('c')])
    expect(tried[0]).toEqual({ plan: [], order: 'answer a, answer b, answer c' })
    const lengths = tried.map(({ plan }) => plan.length)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
  })

  it('does not swap reads of different resources, or equal answers to equal requests', () => {
    expect(ordersOf([read('a', 'job'), read('b', 'runner')]).orders).toHaveLength(1)
    expect(ordersOf([read('a', 'job', 'same'), read('b', 'job', 'same')]).orders).toHaveLength(1)
    expect(ordersOf([read('a', 'job'), read('b', 'job')]).orders).toHaveLength(2)
    expect(ordersOf([read('a', 'job'), read('b', 'runner')], { swapReads: true }).orders).toHaveLength(2)
    expect(areIndependent(read('a', 'job'), write('b', 'runner'))).toBe(false)
    expect(areIndependent(read('a', 'job'), step)).toBe(false)
  })

  it('keeps to its bounds', () => {
    const many = Array.from({ length: 12 }, (_, at) => write(String(at)))
    const { tried, search } = ordersOf(many, { orders: 100, departures: 2 })
    expect(tried).toHaveLength(100)
    expect(search.isComplete).toBe(false)
    expect(Math.max(...tried.map(({ plan }) => plan.length))).toBe(2)
    expect(ordersOf(many, { departures: 0 }).tried).toHaveLength(1)
  })

  it('takes other orders by another seed, and the same ones by the same, where there are too many', () => {
    const many = Array.from({ length: 12 }, (_, at) => write(String(at)))
    const bySeed = (seed: number): unknown => ordersOf(many, { orders: 50, seed }).tried
    expect(bySeed(1)).toEqual(bySeed(1))
    expect(bySeed(1)).not.toEqual(bySeed(2))
  })
})

it('shrink leaves the departures that matter', async () => {
  const plan = ['a', 'b', 'c', 'd'].map((pick) => ({ pick, over: 'x' }))
  const needs = async (shorter: OrderPlan): Promise<boolean> =>
    ['b', 'd'].every((name) => shorter.some(({ pick }) => pick === name))
  expect((await shrink(plan, needs)).map(({ pick }) => pick)).toEqual(['b', 'd'])
})
