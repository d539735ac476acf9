/** Virtual time as the console knows it: where the server's clock stood, and how much real time has passed since. */
import { signal } from '@preact/signals'
import { every, realNow } from './platform.js'

interface Reading {
  readonly virtual: number
  readonly real: number
  readonly isFrozen: boolean
}

const reading = signal<Reading>({ virtual: realNow(), real: realNow(), isFrozen: false })
const beat = signal(0)

/** A clock that is this far off, in milliseconds, is set right. */
const TOLERANCE = 120

/** Whether virtual time stands still. */
export function isFrozen(): boolean {
  return reading.value.isFrozen
}

/** Virtual milliseconds now. A component that asks is drawn again when time has passed. */
export function virtualNow(): number {
  void beat.value
  return currentTime()
}

/** Virtual milliseconds now, without being told of later. */
export function currentTime(): number {
  const { virtual, real, isFrozen: stands } = reading.peek()
  return stands ? virtual : virtual + realNow() - real
}

/** Takes over what the server's clock says. */
export function setTime(iso: string, stands: boolean): void {
  reading.value = { virtual: Date.parse(iso), real: realNow(), isFrozen: stands }
  beat.value++
}

/** Corrects the clock by the time of an event; `true` when it had to be moved. */
export function hearTime(iso: string): void {
  const heard = Date.parse(iso)
  if (Math.abs(heard - currentTime()) > TOLERANCE) setTime(iso, reading.peek().isFrozen)
}

/** Lets everything that shows time move on, four times a second. */
export function startBeat(): () => void {
  return every(250, () => {
    if (!reading.peek().isFrozen && document.visibilityState === 'visible') beat.value++
  })
}
