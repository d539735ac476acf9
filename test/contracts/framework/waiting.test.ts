// Places for requests that wait: who gets them, and when they are free again.
import { describe, expect, it } from 'vitest'
import { PollLimiter } from '../../../src/contracts/run/check-time.js'

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
    const place = await (await room.reserve(0, never)).enter()
    place()
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
    const place = await seats.enter()
    place(lingering)
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
