/** What this console has done so far, each as a curl command. */
import { adminActions } from '../../model/admin-api.js'
import { clockTime } from '../../model/labels.js'
import { Curl } from '../../parts/curl.js'
import { Dialog } from '../../parts/dialog.js'
import { HttpStatus } from '../../parts/status.js'

/** The list. */
export function DialogActions({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="What this console did" onClose={onClose}>
      <div class="dialog-body scroll">
        {adminActions.value.length === 0 && <p class="faint">Nothing yet.</p>}
        {adminActions.value.map(({ number, at, title, curl, status, problem }) => (
          <article key={number} class="deed">
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
