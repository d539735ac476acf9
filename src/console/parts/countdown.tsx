/** How much of a runner's heartbeat is left. */
import { settings } from '../model/live.js'
import { virtualNow } from '../model/time.js'
import { ago, duration } from '../model/labels.js'
import { heedWorld, type Runner } from '../model/world-state.js'

/** A bar that runs out with the heartbeat, and the time in words. */
export function Countdown({ runner }: { runner: Runner }) {
  heedWorld()
  const ttl = (settings.value['heartbeat_ttl_seconds'] ?? 15) * 1000
  const age = virtualNow() - runner.heartbeatAt
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
