// A clock may run faster than real time.
import { afterEach, describe, expect, it } from 'vitest'
import { createClock, type Clock, type ClockOptions } from '../../src/kernel/clock.js'

const START = Date.parse('2026-01-01T00:00:00Z')
const clocks: Clock[] = []

function open(options: ClockOptions = {}): Clock {
  const clock = createClock({ start: START, frozen: true, ...options })
  clocks.push(clock)
  return clock
}

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.close()
})

describe('scale', () => {
  it('lets time run faster, in which timers fire, until it is set again', async () => {
    const moves: string[] = []
    const clock = open({ frozen: false, onMove: ({ action }) => moves.push(action) })
    const fired = new Promise<number>((resolve) => clock.schedule(START + 600_000, () => resolve(clock.now())))
    const begun = clock.stopwatch()
    clock.scale(3600)
    expect(await fired).toBeGreaterThanOrEqual(START + 600_000)
    // Ten virtual minutes are a sixth of a second, and no machine is so slow that they were real.
    expect(clock.stopwatch() - begun).toBeLessThan(60_000)
    clock.scale(1)
    const at = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(clock.now() - at).toBeLessThan(60_000)
    expect(moves).toEqual(['scale', 'scale'])
  })

  it('is kept by a frozen clock for when it runs on, by a saved one, and not by a new one', async () => {
    const clock = open()
    clock.scale(60)
    expect([clock.now(), clock.speed]).toEqual([START, 60])
    expect(clock.save()).toEqual({ now: START, frozen: true, speed: 60 })
    clock.load({ now: START, frozen: true })
    expect(clock.speed).toBe(1)
  })

  it('lets work go on between timers that are always due', async () => {
    const clock = open({ frozen: false })
    clock.scale(3600)
    let count = 0
    const again = (): void => {
      count++
      clock.schedule(clock.now() + 1, again)
    }
    again()
    await new Promise((resolve) => setTimeout(resolve, 20))
    clock.close()
    expect(count).toBeGreaterThan(1)
  })

  it.each([0, -1, 3601, Number.NaN])('refuses %d', (speed) => {
    expect(() => open().scale(speed)).toThrow(expect.objectContaining({ code: 'clock/speed' }))
  })
})
