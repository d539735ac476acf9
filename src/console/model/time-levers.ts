/** Moving and stopping virtual time. */
import { act, ADMIN } from './api.js'
import { isFrozen } from './time.js'

/** How far time can be moved with one press: words, seconds, key. */
export const steps = [
  { words: '15 s', seconds: 15, key: '.' },
  { words: '1 min', seconds: 60, key: ',' },
  { words: '24 h', seconds: 86_400, key: ';' },
] as const

/** Moves time forward. */
export function advance({ words, seconds }: { words: string; seconds: number }): void {
  void act(`Advance ${words}`, { method: 'POST', path: `${ADMIN}/clock/advance`, body: { seconds } })
}

/** Stops time, or lets it run again. */
export function toggleTime(): void {
  const stands = isFrozen()
  const path = `${ADMIN}/clock/${stands ? 'resume' : 'freeze'}`
  void act(stands ? 'Resume time' : 'Freeze time', { method: 'POST', path })
}
