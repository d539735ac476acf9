/** Moving and stopping virtual time. */
import { signal } from '@preact/signals'
import { act, ADMIN } from './admin-api.js'
import { isFrozen } from './time.js'

/** How far time can be moved with one press: words, seconds, key. */
export const steps = [
  { words: '15 s', seconds: 15, key: '.' },
  { words: '1 min', seconds: 60, key: ',' },
  { words: '24 h', seconds: 86_400, key: ';' },
] as const

/** How many moves are under way; a long one, through everything that happens in it, takes its time. */
export const movesUnderWay = signal(0)

/** Moves time forward. */
export async function advance({ words, seconds }: { words: string; seconds: number }): Promise<void> {
  movesUnderWay.value++
  await act(`Advance ${words}`, { method: 'POST', path: `${ADMIN}/clock/advance`, body: { seconds } })
  movesUnderWay.value--
}

/** Stops time, or lets it run again. */
export function toggleTime(): void {
  const stands = isFrozen()
  const path = `${ADMIN}/clock/${stands ? 'resume' : 'freeze'}`
  void act(stands ? 'Resume time' : 'Freeze time', { method: 'POST', path })
}
