import { expect, it, onTestFinished, vi } from 'vitest'
import { createRandom } from '../../src/kernel/id-source.js'
import { pauseFor } from '../../src/kernel/real-time.js'
import { resolveTurn, Stop, TimerQueue, type Timer } from '../../src/kernel/timer-queue.js'

const ignore = (): void => undefined
const MOMENT = { hold: false, span: false }

it('timer queue gives timers out by due time, equal ones in the order in which they were added, whatever is cancelled meanwhile', () => {
  const random = createRandom(11)
  const queue = new TimerQueue(ignore)
  const alive = new Map<Timer, [due: number, order: number]>()
  const earliest = (): Timer | undefined => [...alive].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1])[0]?.[0]
  for (let step = 0; step < 3000; step++) {
    const dice = random.below(10)
    if (dice < 5) {
      const due = random.below(50)
      alive.set(queue.add(due, ignore, MOMENT), [due, step])
    } else if (dice < 8) {
      const victim = [...alive.keys()][random.below(alive.size)]
      victim?.cancel()
      if (victim !== undefined) alive.delete(victim)
    } else {
      const wanted = earliest()
      expect(queue.takeNext()).toBe(wanted)
      if (wanted !== undefined) alive.delete(wanted)
    }
    expect(queue.nextDue()).toBe(earliest()?.due ?? Infinity)
  }
  queue.clear()
  expect(queue.nextDue()).toBe(Infinity)
})

it('a stop is heard once, by those who still listen', () => {
  const [stop, stays, leaves] = [new Stop(), vi.fn(), vi.fn()]
  stop.removeEventListener('abort', leaves)
  for (const listener of [stays, leaves]) stop.addEventListener('abort', listener)
  stop.removeEventListener('abort', leaves)
  for (const _ of [1, 2]) stop.abort()
  expect([stays.mock.calls.length, leaves.mock.calls.length]).toEqual([1, 0])
})

it('a pause is over at once by a stop, which may come first', async () => {
  const [stop, isOver] = [new Stop(), vi.fn()]
  const pause = pauseFor(60_000, stop).then(isOver)
  await pauseFor(60_000, AbortSignal.abort())
  expect(isOver).not.toHaveBeenCalled()
  stop.abort()
  await pause
})

it.each([
  { by: 'an immediate', without: [] },
  { by: 'a message', without: ['setImmediate'] },
  { by: 'a timeout', without: ['setImmediate', 'MessageChannel'] },
])('a turn of the loop is awaited by $by where there is nothing cheaper', async ({ without }) => {
  const later = vi.fn(setTimeout)
  for (const name of without) vi.stubGlobal(name, undefined)
  onTestFinished(() => void vi.unstubAllGlobals())
  const steps: string[] = []
  void Promise.resolve().then(() => Promise.resolve().then(() => steps.push('before')))
  await resolveTurn(later)?.().then(() => steps.push('after'))
  expect([...steps, later.mock.calls.length]).toEqual(['before', 'after', without.includes('MessageChannel') ? 1 : 0])
})
