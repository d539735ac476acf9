/** Times that stay true while they are looked at: they follow virtual time. */
import { virtualNow } from '../model/time.js'
import { ago, clockTime, duration } from '../model/labels.js'

/** How long ago something was; the exact time when pointed at. */
export function TimeAgo({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {ago(virtualNow() - Date.parse(at))}
    </time>
  )
}

/** A time of day; date and zone when pointed at. */
export function TimeOfDay({ at }: { at: string }) {
  return (
    <time class="number" dateTime={at} title={at}>
      {clockTime(Date.parse(at), 'milliseconds')}
    </time>
  )
}

/** How long something took, or has been going on. */
export function DurationText({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (from === undefined) return <span class="faint">–</span>
  const end = to === undefined ? virtualNow() : Date.parse(to)
  return <span class="number">{duration(end - Date.parse(from))}</span>
}
