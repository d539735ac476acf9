/** The dialogs that only tell something. */
import { PAGE_KEYS, pages } from '../../model/route.js'
import { adminActions } from '../../model/admin-api.js'
import { clockTime } from '../../model/labels.js'
import { Dialog } from '../../parts/dialog.js'
import { Curl, HttpStatus, NamedValues } from '../../parts/values.js'

export function SentActions() {
  return (
    <Dialog title="What this console did">
      <div class="dialog-body scroll">
        {adminActions.value.length === 0 && <p class="faint">Nothing yet.</p>}
        {adminActions.value.map(({ number, at, title, curl, status, problem }) => (
          <article key={number} class="sent-action">
            <header>
              <strong>{title}</strong>
              <HttpStatus status={status} />
              <time class="faint">{clockTime(at)}</time>
            </header>
            {problem !== '' && <p class="problem">{problem}</p>}
            <Curl of={`${number}, ${title}`} text={() => curl} />
          </article>
        ))}
      </div>
    </Dialog>
  )
}

const keys = [
  [`g then ${PAGE_KEYS.split('').join(' ')}`, pages.join(', ').replace('w', 'W')],
  ['/', 'Search'],
  ['↑ ↓ Page Home End', 'Through a list'],
  ['Esc', 'Close what is open'],
  ['n', 'New job or command for the open runner'],
  ['p', 'Pair a runner'],
  ['. , ;', 'Advance 15 s, 1 min, 24 h'],
  ['Space', 'Freeze or resume time'],
  ['?', 'This list'],
] as const

export function Keys() {
  return (
    <Dialog title="Keyboard">
      <NamedValues kind="keys" of={keys.map(([key, words]) => [<kbd>{key}</kbd>, words])} />
    </Dialog>
  )
}
