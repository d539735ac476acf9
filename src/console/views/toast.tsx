/** Says what was just done, and offers its curl command; goes away by itself. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { adminActions } from '../model/admin-api.js'
import { show } from '../model/overlay.js'
import { after } from '../model/platform.js'
import { CopyButton } from '../parts/copy.js'
import { Icon } from '../parts/icon.js'
import { HttpStatus } from '../parts/status.js'

const goneUpTo = signal(0)
/** Milliseconds that it stays. */
const STAY = 6000

/** The note, or nothing. */
export function Toast() {
  const [latest] = adminActions.value
  const number = latest?.number ?? 0
  useEffect(() => after(STAY, () => (goneUpTo.value = Math.max(goneUpTo.value, number))), [number])
  const isShown = latest !== undefined && number > goneUpTo.value
  return (
    <div class="toast-place" role="status">
      {isShown && (
        <div class={latest.problem === '' ? 'toast' : 'toast bad'}>
          <HttpStatus status={latest.status} />
          <span class="words">
            {latest.title}
            {latest.problem !== '' && <small>{latest.problem}</small>}
          </span>
          <CopyButton text={() => latest.curl} label="curl" title="Copy curl command" />
          <button
            type="button"
            class="button quiet icon-only"
            aria-label="All that was done"
            title="All that was done"
            onClick={() => show({ name: 'deeds' })}
          >
            <Icon name="list" />
          </button>
          <button
            type="button"
            class="button quiet icon-only"
            aria-label="Dismiss"
            onClick={() => (goneUpTo.value = number)}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  )
}
