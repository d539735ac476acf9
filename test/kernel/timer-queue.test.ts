import { expect, it } from 'vitest'
import { createRandom } from '../../src/kernel/id-source.js'
import { TimerQueue, type Timer } from '../../src/kernel/timer-queue.js'

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
})
