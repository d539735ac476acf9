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

describe('a race of jobs that is lost', () => {
  const { AT } = written
  const finish = (id: string, result: unknown, times: Times) => made(written.finish(id, result), times)
  const show = (more: object, times: Times) => made(written.showJob('a', { started_at: AT, ...more }), times)
  const taken = [create('a', [0, 1]), take('a', [2, 3])]
  const ended = (times: Times) => [...taken, finish('a', 1, [4, 8]), cancel('a', times)]
  const half = (times: Times) => {
    const { call, answer } = take('a', times)
    const { started_at: _, ...body } = Object(answer.body) as Record<string, unknown>
    return [create('a', [0, 1]), cancel('a', [2, 8]), { ...made({ call, answer: { ...answer, body } }, times) }]
  }
  const beats = (times: Times) => [...taken, cancel('a', [4, 5]), beat(['a'], [6, 9]), beat(['a'], times)]
  const mixed = { status: 'cancelled', result: 1, completed_at: AT }
  const running = { ...mixed, status: 'running', result: undefined, completed_at: undefined }
  const plain = (more: object, times: Times) => show(JSON.parse(JSON.stringify(more)) as object, times)

  it.each([
    ['races/cancel-or-report', [...ended([5, 9]), show(mixed, [10, 11]), beat([], [12, 13])]],
    ['races/announced-twice', beats([7, 10])],
    ['races/announced-twice', [...taken, cancel('a', [4, 5]), beat([], [6, 9]), beat([], [7, 10])]],
    ['races/handed-out-half', [...half([3, 7]), plain(running, [9, 10])]],
  ] as const)('is %s in the declared shape, and names it where it is refused', (id, history) => {
    expect(jobs(...history)).toMatchObject({ isFound: true, excused: new Set([id]) })
    const strict = findSerialOrder(worldsWith('endpoint', new Set([id])).all, history)
    expect(strict.isFound ? [] : strict.problems).toContainEqual(expect.stringContaining(id))
  })

  it.each([
    ['a result of neither', [...ended([5, 9]), show({ ...mixed, result: 2 }, [10, 11])]],
    ['a status of neither', [...ended([5, 9]), show({ ...mixed, status: 'failed' }, [10, 11])]],
    ['calls that do not overlap', [...ended([9, 10]), show(mixed, [11, 12])]],
    ['heartbeats that do not overlap', beats([10, 11])],
    ['a job that runs on, handed out before it was cancelled', [...half([9, 10])]],
    [
      'a job that has completed, which was only handed out',
      [...half([3, 7]), show({ ...mixed, status: 'completed' }, [9, 10])],
    ],
  ] as const)('has no order with %s', (_, history) => {
    expect(jobs(...history)).toMatchObject({ isFound: false })
  })

  it('is races/limit where as many creations overlap as go beyond the limit', () => {
    const { all } = worldsWith('endpoint', undefined, { max_pending_jobs_per_runner: 1 })
    const two = (times: Times) => findSerialOrder(all, [create('a', [0, 5]), create('b', times)])
    expect(two([1, 6])).toMatchObject({ isFound: true, excused: new Set(['races/limit']) })
    expect(two([6, 7])).toMatchObject({ isFound: false })
  })
})
