import { afterEach, describe, expect, it } from 'vitest'
import { afterRealTime, createClock, toEpoch, toMilliseconds } from '../../src/kernel/clock.js'
import type { Clock, ClockOptions, Duration } from '../../src/kernel/clock.js'

const START = Date.parse('2026-01-01T00:00:00Z')
const clocks: Clock[] = []

function open(options: ClockOptions = {}): Clock {
  const clock = createClock({ start: START, frozen: true, ...options })
  clocks.push(clock)
  return clock
}

/** Notes what fires and at which time after the start. */
function note(clock: Clock, seen: string[], name: string, afterMs: number, then?: () => void): void {
  clock.schedule(START + afterMs, () => {
    seen.push(`${name}@${clock.now() - START}`)
    then?.()
  })
}

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.close()
})

describe('advance', () => {
  it('leaves room for what comes from outside, however many timers wake nobody', async () => {
    const clock = open()
    const seen: string[] = []
    let left = 5000
    const again = (): void => {
      if (left-- > 0) clock.schedule(clock.now() + 1, again)
    }
    again()
    const moved = clock.advance({ seconds: 60 }).then(() => seen.push('moved'))
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    seen.push('outside')
    await moved
    expect(seen).toEqual(['outside', 'moved'])
  })

  it('fires what falls due in order, each seeing the time at which it was due', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'c', 30)
    note(clock, seen, 'a', 10)
    note(clock, seen, 'late', 51)
    note(clock, seen, 'b', 10)
    await clock.advance({ milliseconds: 50 })
    expect(seen).toEqual(['a@10', 'b@10', 'c@30'])
    expect(clock.now()).toBe(START + 50)
    await clock.advance({ milliseconds: 1 })
    expect(seen.at(-1)).toBe('late@51')
  })

  it('fires what the fired ones set, within the same move', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'first', 10, () => {
      note(clock, seen, 'overdue', 5)
      note(clock, seen, 'between', 15)
      note(clock, seen, 'after', 25)
    })
    note(clock, seen, 'second', 20)
    await clock.advance({ milliseconds: 20 })
    expect(seen).toEqual(['first@10', 'overdue@10', 'between@15', 'second@20'])
  })

  it('does not fire what was cancelled meanwhile', async () => {
    const clock = open()
    const seen: string[] = []
    const victim = clock.schedule(START + 20, () => seen.push('victim'))
    note(clock, seen, 'first', 10, () => victim.cancel())
    await clock.advance({ seconds: 1 })
    expect(seen).toEqual(['first@10'])
    expect(victim.place).toBe(-1)
  })

  it('lets what a timer wakes run before the next one fires', async () => {
    const clock = open()
    const seen: string[] = []
    const sleeper = async (name: string, ...naps: number[]): Promise<void> => {
      for (const nap of naps) {
        await clock.sleep(nap)
        await Promise.resolve()
        seen.push(`${name}@${clock.now() - START}`)
      }
    }
    const sleepers = [sleeper('a', 10, 10, 10), sleeper('b', 15, 10)]
    await clock.advance({ milliseconds: 30 })
    expect(seen).toEqual(['a@10', 'b@15', 'a@20', 'b@25', 'a@30'])
    await Promise.all(sleepers)
  })

  it('waits for work outside of the process before the next timer', async () => {
    const clock = open()
    const seen: string[] = []
    const digest = async (): Promise<void> => {
      await clock.during(crypto.subtle.digest('SHA-256', new Uint8Array(1_000_000)))
      seen.push(`digested@${clock.now() - START}`)
    }
    void clock.sleep(10).then(digest)
    note(clock, seen, 'next', 11)
    await clock.advance({ milliseconds: 20 })
    expect(seen).toEqual(['digested@10', 'next@11'])
  })

  it('is done one after the other', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'b', 25)
    await Promise.all([clock.advance({ milliseconds: 20 }), clock.advance({ milliseconds: 20 })])
    expect([seen, clock.now() - START]).toEqual([['b@25'], 40])
  })

  it('takes the parts of a duration together, and refuses what is none', async () => {
    const clock = open()
    await clock.advance({ days: 1, hours: 1, minutes: 1, seconds: 1.5, milliseconds: 1 })
    expect(clock.now() - START).toBe(90_061_501)
    expect(toMilliseconds({})).toBe(0)
    expect(toMilliseconds({ minutes: 1, seconds: -30 })).toBe(30_000)
    // What a program without types may write by mistake must not pass for no time at all.
    const mistakes = JSON.parse('[5, null, { "second": 5 }, { "toString": 1 }, { "seconds": "5" }]') as Duration[]
    for (const wrong of [{ seconds: -1 }, { seconds: Number.NaN }, { days: Infinity }, ...mistakes]) {
      await expect(clock.advance(wrong)).rejects.toMatchObject({ code: 'clock/duration' })
    }
    await expect(clock.advance(JSON.parse('{ "secnds": 5 }') as Duration)).rejects.toThrow('`seconds`')
    expect(clock.now() - START).toBe(90_061_501)
  })

  it('goes on after a timer that throws, and says so', async () => {
    const clock = open()
    const seen: string[] = []
    clock.schedule(START + 10, () => {
      throw new Error('broken timer')
    })
    note(clock, seen, 'next', 20)
    await expect(clock.advance({ milliseconds: 15 })).rejects.toThrow('broken timer')
    await clock.advance({ milliseconds: 15 })
    expect(seen).toEqual(['next@20'])
  })

  it('ends where a load has put the clock meanwhile', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'first', 10, () => clock.load({ now: START + 1_000_000, frozen: true }))
    note(clock, seen, 'forgotten', 20)
    await clock.advance({ milliseconds: 50 })
    expect(seen).toEqual(['first@10'])
    expect(clock.save()).toEqual({ now: START + 1_000_000, frozen: true })
  })
})

describe('set', () => {
  it('moves forward like advance, and backward without firing anything', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'a', 10)
    await clock.set(new Date(START + 20))
    expect(seen).toEqual(['a@10'])
    note(clock, seen, 'b', 30)
    await clock.set('2025-12-31T00:00:00Z')
    expect(clock.iso()).toBe('2025-12-31T00:00:00.000Z')
    await clock.set(START + 29)
    expect(seen).toEqual(['a@10'])
    await clock.set(START + 30)
    expect(seen).toEqual(['a@10', 'b@30'])
  })

  it('fires what is due at the very moment where time stands', async () => {
    const clock = open()
    const seen: string[] = []
    note(clock, seen, 'now', 0)
    await clock.set(START)
    expect(seen).toEqual(['now@0'])
  })

  it('refuses what is no time', async () => {
    const clock = open()
    for (const wrong of ['yesterday', Number.NaN, new Date(Number.NaN), 1e20]) {
      await expect(clock.set(wrong)).rejects.toMatchObject({ code: 'clock/instant' })
    }
    expect(toEpoch('1970-01-01T00:00:01Z')).toBe(1000)
  })
})

describe('freeze and resume', () => {
  it('stop and start time; moves are possible in both', async () => {
    const clock = open({ frozen: false })
    clock.freeze()
    const at = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 2))
    expect([clock.isFrozen, clock.now()]).toEqual([true, at])
    await clock.advance({ hours: 1 })
    expect(clock.now()).toBe(at + 3_600_000)
    clock.resume()
    expect(clock.isFrozen).toBe(false)
    expect(clock.now()).toBeLessThan(at + 3_660_000)
  })

  it('are told with the times around them, each once', async () => {
    const moves: string[] = []
    const clock = open({
      onMove: ({ action, from, to }) => moves.push(`${action} ${from - START} ${to - START}`),
    })
    clock.freeze()
    await clock.advance({ seconds: 1 })
    await clock.set(START)
    clock.resume()
    clock.resume()
    expect(moves).toEqual(['advance 0 1000', 'set 1000 0', 'resume 0 0'])
  })

  it('may be called while time is being moved', async () => {
    const clock = open({ frozen: false })
    clock.schedule(clock.now() + 10_000, () => clock.freeze())
    await clock.advance({ seconds: 20 })
    const frozenAt = clock.now()
    expect(clock.isFrozen).toBe(true)
    clock.schedule(frozenAt + 5000, () => clock.resume())
    await clock.advance({ seconds: 10 })
    expect(clock.isFrozen).toBe(false)
    expect(clock.now() - frozenAt).toBeGreaterThanOrEqual(10_000)
  })
})

it('time that runs by itself takes deadlines that are longer away than the platform can wait', () => {
  const clock = open({ frozen: false })
  const timer = clock.schedule(clock.now() + 400 * 86_400_000, () => undefined)
  expect(timer.place).toBeGreaterThanOrEqual(0)
  expect(clock.schedule(Infinity, () => undefined).place).toBeGreaterThanOrEqual(0)
})

describe('the platform timer', () => {
  /** How many timers keep the process alive. */
  const holding = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

  function holdingSince(): () => number {
    const before = holding()
    return () => holding() - before
  }

  it('keeps the process alive for what somebody waits for, and for nothing else', () => {
    const clock = open({ frozen: false })
    const added = holdingSince()
    clock.schedule(clock.now() + 60_000, () => undefined)
    expect(added()).toBe(0)
    const awaited = [1, 2].map((at) => clock.schedule(clock.now() + 60_000 + at, () => undefined, { hold: true }))
    expect(added()).toBe(1)
    awaited[0]?.cancel()
    expect(added()).toBe(1)
    awaited[1]?.cancel()
    awaited[1]?.cancel()
    expect(added()).toBe(0)
  })

  it('is let go by whoever closes, freezes or loads the clock', () => {
    for (const end of [
      (clock: Clock) => clock.close(),
      (clock: Clock) => clock.freeze(),
      (clock: Clock) => clock.load({ now: START, frozen: true }),
    ]) {
      const clock = open({ frozen: false })
      const added = holdingSince()
      clock.schedule(clock.now() + 60_000, () => undefined, { hold: true })
      expect(added()).toBe(1)
      end(clock)
      clock.schedule(clock.now() + 60_000, () => undefined, { hold: true })
      expect(added()).toBe(0)
    }
    const clock = open({ frozen: false })
    const added = holdingSince()
    clock.schedule(clock.now() + 60_000, () => undefined, { hold: true })
    clock.load({ now: START, frozen: false })
    clock.schedule(clock.now() + 60_000, () => undefined)
    expect(added()).toBe(0)
  })

  it('fires nothing while time stands, and what fell due meanwhile afterwards', async () => {
    const clock = open({ frozen: false })
    let fired = false
    const firing = new Promise<void>((resolve) => {
      clock.schedule(clock.now() + 5, () => {
        fired = true
        resolve()
      })
    })
    clock.freeze()
    await new Promise((resolve) => setTimeout(resolve, 15))
    expect(fired).toBe(false)
    clock.resume()
    await firing
  })

  it('stops at a timer that freezes the clock or closes it', async () => {
    for (const stop of [(clock: Clock) => clock.freeze(), (clock: Clock) => clock.close()]) {
      const clock = open({ frozen: false })
      const seen: string[] = []
      const due = clock.now() + 1
      const stopped = new Promise<void>((resolve) => {
        clock.schedule(due, () => {
          stop(clock)
          resolve()
        })
      })
      clock.schedule(due, () => seen.push('next'))
      await stopped
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(seen).toEqual([])
    }
  })
})

it('afterRealTime acts once, unless it is called off', async () => {
  const seen: string[] = []
  afterRealTime(1, () => seen.push('called off'))()
  await new Promise<void>((resolve) => void afterRealTime(2, resolve))
  expect(seen).toEqual([])
})

describe('sleep', () => {
  it('listens to no signal any more once the time has passed', async () => {
    const clock = open()
    const { signal } = new AbortController()
    const listening = new Set<unknown>()
    const watched = {
      aborted: signal.aborted,
      addEventListener: (_: 'abort', listener: () => void) => void listening.add(listener),
      removeEventListener: (_: 'abort', listener: () => void) => void listening.delete(listener),
    }
    const nap = clock.sleep(10, watched)
    expect(listening.size).toBe(1)
    await clock.advance({ milliseconds: 10 })
    expect([await nap, listening.size]).toEqual([true, 0])
  })

  it('says whether the time has passed', async () => {
    const clock = open()
    const hangUp = new AbortController()
    const naps = [clock.sleep(10), clock.sleep(1000, hangUp.signal), clock.sleep(1, AbortSignal.abort())]
    await clock.advance({ milliseconds: 10 })
    hangUp.abort()
    expect(await Promise.all(naps)).toEqual([true, false, false])
  })

  it('ends at once on a closed clock', async () => {
    const clock = open()
    clock.close()
    expect(await clock.sleep(1000)).toBe(false)
  })
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
