/**
 * Virtual time as the console knows it: where the server's clock stood, and how much real time has passed since; and what
 * moves and stops it.
 */
import { pauseFor, realTime } from '../../kernel/clock.js'
import { signal } from '@preact/signals'
import type { ClockView } from '../../generated/kit-schema.js'
import { act, adminCall } from './admin-api.js'

/** The server's clock as it was told last. `speed`: virtual seconds in a real one. */
export const reading = signal({ virtual: realTime(), real: realTime(), isFrozen: false, speed: 1 })
const beat = signal(0)

/** A clock that is this far off, in milliseconds, is set right. */
const TOLERANCE = 120

/** Virtual milliseconds now. A component that asks is drawn again when time has passed. */
export function virtualNow(): number {
  void beat.value
  return currentTime()
}

/** Virtual milliseconds now, without being told of later. */
export function currentTime(): number {
  const { virtual, real, isFrozen: stands, speed } = reading.peek()
  return stands ? virtual : virtual + (realTime() - real) * speed
}

/** Takes over what the server says of its clock, as far as that is news: an answer is a little late. */
export function setTime(told: Pick<ClockView, 'now'> & Partial<ClockView>): void {
  const known = reading.peek()
  const { frozen: isFrozen = known.isFrozen, speed = known.speed } = told
  const virtual = Date.parse(told.now)
  const isNear = Math.abs(virtual - currentTime()) <= TOLERANCE * Math.max(1, known.speed)
  if (isNear && !isFrozen && !known.isFrozen && speed === known.speed) return
  reading.value = { virtual, real: realTime(), isFrozen, speed }
  beat.value++
}

/** Lets everything that shows time move on, four times a second. */
export async function startBeat(): Promise<never> {
  for (;;) {
    await pauseFor(250)
    if (!reading.peek().isFrozen && document.visibilityState === 'visible') beat.value++
  }
}

/** How far time can be moved with one press: words, seconds, key. */
export const steps = [
  { words: '15 s', seconds: 15, key: '.' },
  { words: '1 min', seconds: 60, key: ',' },
  { words: '24 h', seconds: 86_400, key: ';' },
] as const

/** How many moves are under way; a long one, through everything that happens in it, takes its time. */
export const movesUnderWay = signal(0)

export async function advance({ words, seconds }: { words: string; seconds: number }): Promise<void> {
  movesUnderWay.value++
  await act(`Advance ${words}`, adminCall('POST /clock/advance', { seconds }))
  movesUnderWay.value--
}

export function toggleTime(): void {
  const { isFrozen: stands } = reading.peek()
  void act(stands ? 'Resume time' : 'Freeze time', adminCall(`POST /clock/${stands ? 'resume' : 'freeze'}`))
}
