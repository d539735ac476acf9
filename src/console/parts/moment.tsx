/** Times that stay true while they are looked at: they follow virtual time. */
import { virtualNow } from '../model/time.js'
import { ago, clockTime, duration } from '../model/labels.js'
import { settings } from '../model/live.js'
import { heedWorld, type Runner } from '../model/world-state.js'

/** How long ago something was; the exact time when pointed at. */
export function TimeAgo({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {ago(virtualNow() - Date.parse(at))}
    </time>
  )
}

export function TimeOfDay({ at }: { at: string }) {
  return (
    <time class="number" dateTime={at} title={at}>
      {clockTime(Date.parse(at), 'milliseconds')}
    </time>
  )
}

export function DurationText({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (from === undefined) return <span class="faint">–</span>
  const end = to === undefined ? virtualNow() : Date.parse(to)
  return <span class="number">{duration(end - Date.parse(from))}</span>
}

/** How much of a runner's heartbeat is left: a bar that runs out with it, and the time in words. */
export function Countdown({ runner }: { runner: Runner }) {
  heedWorld()
  const ttl = (settings.value['heartbeat_ttl_seconds'] ?? 15) * 1000
  const age = virtualNow() - Date.parse(runner.last_heartbeat_at)
  if (runner.status !== 'connected') return <span class="countdown faint">last seen {ago(age)}</span>
  const left = Math.min(Math.max(ttl - age, 0), ttl)
  const share = ttl === 0 ? 0 : left / ttl
  return (
    <span class={share < 0.34 ? 'countdown low' : 'countdown'} title={`last heartbeat ${ago(age)}`}>
      <svg class="gauge" width="40" height="4" viewBox="0 0 40 4" aria-hidden="true">
        <rect class="track" width="40" height="4" rx="2" />
        <rect class="level" width={Math.max(40 * share, 2)} height="4" rx="2" />
      </svg>
      <span class="number">{duration(left)}</span>
    </span>
  )
}
