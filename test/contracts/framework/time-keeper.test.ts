// The time of a run: real, moved, and of one check; where the target moves it by more than the check has asked for.
import { describe, expect, it } from 'vitest'
import { Unreachable } from '../../../src/contracts/target/client.js'
import { NotRun } from '../../../src/contracts/target/expectation.js'
import { afterRunning } from '../../../src/contracts/target/transport.js'
import { settingDefaults } from '../../../src/lifecycle/table.js'
import { UNKNOWN } from '../../../src/kernel/operation.js'
import { realClock as time } from '../../../src/kernel/real-time.js'
import { OwnTime, PollLimiter } from '../../../src/contracts/run/check-time.js'
import { askTogether, TimeKeeper } from '../../../src/contracts/run/time-keeper.js'
import type { TargetClock } from '../../../src/contracts/target/target.js'
import type { Verdict } from '../../../src/contracts/check/check.js'
import type { Context } from '../../../src/contracts/check/context.js'
import type { RunnerHandle } from '../../../src/contracts/check/runner-handle.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget, type MockTarget } from './mock-target.js'
import { trial } from './trial-checks.js'

/** A clock that stands still between moves and tells where it was moved. */
function standingClock(): TargetClock & { moves: number[] } {
  let now = 1_000_000
  const moves: number[] = []
  return {
    moves,
    now: async () => now,
    async advance(seconds) {
      now += Math.round(1000 * seconds)
      moves.push(now - 1_000_000)
      return now
    },
  }
}

it('askTogether asks once for all who come meanwhile, after they have come', async () => {
  let asked = 0
  const ask = askTogether(async () => {
    const number = ++asked
    await time.sleep(5)
    if (number === 3) throw new Error('gone')
    return number
  })
  const first = ask()
  expect(await Promise.all([first, ask(), ask()])).toEqual([1, 2, 2])
  await expect(ask()).rejects.toThrow('gone')
  expect(await ask()).toBe(4)
})

describe('TimeKeeper with a clock', () => {
  it('moves time by the smallest amount that lets one check go on', async () => {
    const clock = standingClock()
    const keeper = new TimeKeeper({ clock })
    const log: string[] = []
    const run = async (name: string, waits: readonly number[]) => {
      const participant = await keeper.join()
      for (const seconds of waits) {
        await participant.wait(seconds)
        log.push(`${name} ${(await clock.now()) - 1_000_000}`)
      }
      participant.leave()
    }
    await Promise.all([run('a', [10, 10]), run('b', [15]), run('c', [604_800])])
    expect(log).toEqual(['a 10000', 'b 15000', 'a 20000', 'c 604800000'])
    expect(clock.moves).toEqual([10_000, 15_000, 20_000, 604_800_000])
  })

  it('ends waits that lie close to each other with one move', async () => {
    const clock = standingClock()
    const keeper = new TimeKeeper({ clock })
    const participants = await Promise.all([keeper.join(), keeper.join()])
    await Promise.all(participants.map((each, index) => each.wait(10 + index * 0.05)))
    expect(clock.moves).toEqual([10_050])
    for (const each of participants) each.leave()
  })

  it('does not move time while a check is at work or on a call', async () => {
    const clock = standingClock()
    const keeper = new TimeKeeper({ clock })
    const [waiting, working] = [await keeper.join(), await keeper.join()]
    const waited = waiting.wait(5)
    await time.sleep(40)
    expect(clock.moves).toEqual([])
    const done = working.busy()
    const both = working.wait(5)
    await time.sleep(40)
    expect(clock.moves).toEqual([])
    done()
    expect(await Promise.all([waited, both])).toEqual([false, false])
    expect(clock.moves).toEqual([5000])
  })

  it('ends a wait early when what it waits for has come', async () => {
    const keeper = new TimeKeeper({ clock: standingClock() })
    const [first, second] = [await keeper.join(), await keeper.join()]
    expect(await first.wait(5, Promise.resolve('answer'))).toBe(true)
    second.leave()
  })

  it('lets a few checks start at once, and the next as soon as one waits', async () => {
    const clock = standingClock()
    const keeper = new TimeKeeper({ clock })
    let starting = 0
    let most = 0
    const run = async () => {
      const participant = await keeper.join()
      most = Math.max(most, ++starting)
      await time.sleep(5)
      starting--
      await participant.wait(60)
      participant.leave()
    }
    await Promise.all(Array.from({ length: 40 }, run))
    expect(most).toBe(8)
    expect(clock.moves).toEqual([60_000])
  })

  it('waits for whole milliseconds on a clock that counts fractions and tells none', async () => {
    let exact = 1_000_000
    const clock: TargetClock = {
      now: async () => Math.floor(exact),
      advance: async (seconds) => Math.floor((exact += 1000 * seconds)),
    }
    const participant = await new TimeKeeper({ clock }).join()
    expect(await participant.wait(60.000_1)).toBe(false)
    expect(exact).toBeGreaterThanOrEqual(1_060_000.1)
    participant.leave()
  })

  it('tells all who wait when the clock fails or does not move', async () => {
    const clock = { ...standingClock(), advance: async () => 1_000_000 }
    const participant = await new TimeKeeper({ clock }).join()
    await expect(participant.wait(5)).rejects.toBeInstanceOf(Unreachable)
    const broken = { ...standingClock(), advance: () => Promise.reject(new Error('no')) }
    const other = await new TimeKeeper({ clock: broken }).join()
    await expect(other.wait(5)).rejects.toThrow('no')
  })
})

it('TimeKeeper without a clock really waits, and refuses a wait that would end too late', async () => {
  const keeper = new TimeKeeper({ deadline: time.stopwatch() + 5000 })
  const participant = await keeper.join()
  const started = time.stopwatch()
  expect(await participant.wait(0.05)).toBe(false)
  expect(time.stopwatch() - started).toBeGreaterThan(45)
  expect(await participant.wait(0.4, Promise.resolve())).toBe(true)
  await expect(participant.wait(10)).rejects.toThrow(NotRun)
})

/** What comes of a check that demands of a poll to wait for 8 s, where polls wait for 10 s; `meanwhile` comes before that. */
async function verdictOn(
  meanwhile: (target: MockTarget, runner: RunnerHandle) => Promise<unknown>,
): Promise<Verdict['kind'] | undefined> {
  const target = await startMockTarget({ clock: true })
  const run = async (context: Context): Promise<void> => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = context.open('nextJob', { path: { runnerId: runner.id } })
    await context.time.settle()
    await context.time.stillOpen(poll, 8, 'the poll', { alive: [{ heartbeat: () => meanwhile(target, runner) }] })
  }
  const check = trial('trial/still-open', run, { needs: { clock: { seconds: 60 } } })
  return (await verify(target, { checks: [check] })).results[0]?.verdict.kind
}

describe('stillOpen', () => {
  it('passes while the call waits', async () => {
    expect(await verdictOn((_, runner) => runner.heartbeat())).toBe('passed')
  })

  it('fails when the call has been answered before', async () => {
    expect(await verdictOn((_, runner) => runner.createJob())).toBe('failed')
  })

  it('tells nothing when so much time has passed that the answer was due', async () => {
    expect(await verdictOn(({ mock }) => mock.clock.advance({ seconds: 11 }))).toBe('not-run')
  })
})

describe('OwnTime', () => {
  const started = { operation: null, acts: UNKNOWN, isOpen: true, waitSeconds: undefined } as const

  async function ownTime(settleMs: number) {
    const keeper = new TimeKeeper({ clock: standingClock() })
    const pace = { settleMs, measure: () => Promise.resolve() }
    let trips = 0
    const roundTrip = async () => {
      trips++
      return true
    }
    const parts = { keeper, participant: await keeper.join(), limits: settingDefaults(), pace, roundTrip }
    return { own: new OwnTime(parts), trips: () => trips }
  }

  it('waits until open calls have arrived, once, and for none that is answered', async () => {
    const { own, trips } = await ownTime(1)
    own.onCall({ ...started })
    await own.pass(5)
    expect(trips()).toBe(2)
    own.onCall({ ...started })(true)
    await own.pass(5)
    expect(trips()).toBe(2)
    own.onCall({ ...started })(false)
    await own.pass(5)
    expect(trips()).toBe(4)
    own.leave()
  })

  it('waits no longer for the arrival of others once the call is answered that it waits for', async () => {
    const { own, trips } = await ownTime(5000)
    own.onCall({ ...started })
    const hangUp = (): void => undefined
    const answer = new Promise<never>((_, reject) => reject(new Error('answered')))
    const call = { answer, isSettled: true, openedAt: 0, sent: Promise.resolve(), hangUp }
    const from = time.stopwatch()
    await own.pass(5, {}, call)
    expect(time.stopwatch() - from).toBeLessThan(2000)
    expect(trips()).toBe(0)
    own.leave()
  })
})

describe('WaitingPlaces', () => {
  const never = new AbortController().signal

  it('gives a check all its places or none, and keeps some for single requests', async () => {
    const room = new PollLimiter(8)
    const first = await room.reserve(5, never)
    let hasBegun = false
    const second = room.reserve(4, never).then((seats) => {
      hasBegun = true
      return seats
    })
    const place = await (await room.reserve(0, never)).enter(() => Promise.resolve())
    place(false)
    expect(hasBegun).toBe(false)
    first.release()
    await second
    expect(hasBegun).toBe(true)
  })

  it('gives a place back only when a request that was hung up waits no more', async () => {
    const room = new PollLimiter(1)
    const seats = await room.reserve(1, never)
    let end: () => void = () => undefined
    const lingering = new Promise<void>((resolve) => (end = resolve))
    const place = await seats.enter(() => lingering)
    place(true)
    seats.release()
    let isFree = false
    const next = room.reserve(1, never).then(() => (isFree = true))
    await Promise.resolve()
    expect(isFree).toBe(false)
    end()
    expect(await next).toBe(true)
  })

  it('lets nobody in any more when it is told to stop', async () => {
    const room = new PollLimiter(1)
    const stop = new AbortController()
    await room.reserve(1, stop.signal)
    const waiting = room.reserve(1, stop.signal)
    stop.abort()
    await expect(waiting).resolves.toBeDefined()
  })
})

it('afterRunning counts one second of a stretch in which the process stood still, and can be called off', () => {
  const slices: { ms: number; fire: () => void }[] = []
  let [fired, calledOff] = [0, 0]
  const after = (ms: number, fire: () => void): (() => void) => {
    slices.push({ ms, fire })
    return () => void calledOff++
  }
  const callOff = afterRunning(2500, () => fired++, after)
  for (const slice of [0, 1, 2]) slices[slice]?.fire()
  expect([slices.map(({ ms }) => ms), fired]).toEqual([[1000, 1000, 500], 1])
  callOff()
  expect(calledOff).toBe(1)
})
