// Orders of calls that overlap, from histories written by hand: letters are jobs, times are readings of a stopwatch.
import { describe, expect, it } from 'vitest'
import { findSerialOrder, type HistoryCall } from '../../../src/contracts/model/play/race.js'
import * as written from './written-history.js'
import { worldsWith, type Told } from './written-history.js'

type Times = readonly [sent: number, received: number]

const made = ({ call, answer }: Told, [sent, received]: Times): HistoryCall => ({
  ...{ call, answer, sent, received, now: { from: 0, to: 1 } },
})

const create = (id: string, times: Times) => made(written.create(id), times)
const take = (id: string, times: Times) => made(written.take(id), times)
const cancel = (id: string, times: Times) => made(written.cancel(id), times)
const beat = (ids: readonly string[], times: Times) => made(written.beat(ids), times)
const submit = (id: string, times: Times) => made(written.submit(id), times)
const pickUp = (ids: readonly string[], times: Times) => made(written.pickUp(ids), times)

const jobs = (...history: HistoryCall[]) => findSerialOrder(worldsWith('endpoint').all, history)
const commands = (...history: HistoryCall[]) => findSerialOrder(worldsWith('connect').all, history)

describe('findSerialOrder', () => {
  it('takes calls that overlap in whatever order explains them', () => {
    expect(jobs(create('a', [0, 10]), create('b', [1, 9]), take('b', [11, 12]), take('a', [13, 14]))).toMatchObject({
      isFound: true,
    })
    expect(jobs(take('a', [0, 5]), create('a', [1, 4]))).toMatchObject({ isFound: true })
  })

  it('keeps calls in order that came one after the other', () => {
    const order = jobs(create('a', [0, 1]), create('b', [2, 3]), take('b', [4, 5]))
    expect(order).toMatchObject({ isFound: false, calls: ['createJob', 'createJob'] })
    expect(jobs(take('a', [0, 1]), create('a', [2, 3]))).toMatchObject({ isFound: false, calls: [] })
  })

  it('finds no order for a job that is handed out twice', () => {
    const order = jobs(create('a', [0, 1]), take('a', [2, 9]), take('a', [3, 8]))
    expect(order).toMatchObject({ isFound: false, calls: ['createJob', 'nextJob'] })
  })

  it('lets a cancellation that is under way be announced late, yet not twice or never', () => {
    const before = [create('a', [0, 1]), take('a', [2, 3]), cancel('a', [4, 8])]
    expect(jobs(...before, beat([], [5, 6]), beat(['a'], [9, 10]))).toMatchObject({ isFound: true })
    expect(jobs(...before, beat(['a'], [5, 6]), beat([], [9, 10]))).toMatchObject({ isFound: true })
    expect(jobs(...before, beat(['a'], [5, 6]), beat(['a'], [9, 10]))).toMatchObject({ isFound: false })
    expect(jobs(...before, beat([], [9, 10]))).toMatchObject({ isFound: false })
  })

  it('counts the commands of a batch one by one, each once and oldest first', () => {
    const three = [submit('a', [0, 1]), submit('b', [2, 3]), submit('c', [4, 5])]
    expect(commands(...three, pickUp(['a', 'c'], [6, 9]), pickUp(['b'], [7, 8]))).toMatchObject({ isFound: true })
    expect(commands(...three, pickUp(['a', 'c'], [6, 7]), pickUp(['b'], [8, 9]))).toMatchObject({ isFound: false })
    expect(commands(...three, pickUp(['a', 'b'], [6, 9]), pickUp(['b'], [7, 8]))).toMatchObject({ isFound: false })
  })

  it('goes on after a job that had ended was handed out', () => {
    const before = [create('a', [0, 1]), made(written.finish('a', 1), [2, 3])]
    const again = made(written.take('a', { result: 1 }), [4, 9])
    const shown = (status: string, times: Times) =>
      made(written.showJob('a', { status, result: 1, started_at: written.AT, completed_at: written.AT }), times)
    const found = jobs(...before, again, shown('running', [10, 11]))
    expect(found).toMatchObject({ isFound: true, excused: new Set(['reported-pending-handed-out']) })
    expect(jobs(...before, again, shown('completed', [10, 11]))).toMatchObject({ isFound: false })
    expect(jobs(...before, again, take('a', [5, 8]))).toMatchObject({ isFound: false })
  })

  it('counts what is over among the commands of batches that overlap', () => {
    const two = [submit('a', [0, 1]), submit('b', [2, 3]), made(written.answerCommand('a'), [4, 5])]
    const last = submit('c', [20, 21])
    expect(commands(...two, pickUp(['b'], [6, 9]), pickUp([], [7, 8]), last)).toMatchObject({ isFound: true })
    expect(commands(...two, pickUp(['b'], [6, 7]), pickUp([], [8, 9]), last)).toMatchObject({ isFound: false })
  })
})
