import { expect, it } from 'vitest'
import { afterRunning, type Timers } from '../../../src/contracts/target/real-time.js'

/** A platform whose timers fire when its loop turns, which may be long after they are due. */
function createPlatform() {
  let now = 0
  let timers: { due: number; fire: () => void }[] = []
  const clock: Timers = {
    now: () => now,
    schedule(due, fire) {
      const timer = { due, fire }
      timers.push(timer)
      return { cancel: () => (timers = timers.filter((each) => each !== timer)) }
    },
  }
  const turnAt = (time: number): void => {
    now = time
    const fired = timers.filter(({ due }) => due <= now)
    timers = timers.filter(({ due }) => due > now)
    for (const { fire } of fired) fire()
  }
  return { clock, turnAt, waiting: () => timers.length }
}

it('counts one second of a stretch in which the process stood still', () => {
  const { clock, turnAt } = createPlatform()
  let fired = 0
  afterRunning(clock, 3000, () => fired++)
  for (const time of [1000, 90_000, 90_999]) turnAt(time)
  expect(fired).toBe(0)
  turnAt(91_000)
  expect(fired).toBe(1)
})

it('waits for no more than was asked for, and for nothing once it is called off', () => {
  const { clock, turnAt, waiting } = createPlatform()
  let fired = 0
  afterRunning(clock, 50, () => fired++)
  turnAt(50)
  expect(fired).toBe(1)
  const callOff = afterRunning(clock, 5000, () => fired++)
  turnAt(1050)
  callOff()
  expect([waiting(), fired]).toEqual([0, 1])
})
