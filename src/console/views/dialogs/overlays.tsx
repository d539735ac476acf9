/** Draws the dialog that lies over the page; those that only tell something are here. */
import { closeOverlay, overlay } from '../../model/route.js'
import { FaultDialog } from './fault-dialog.js'
import { JobDialog, CommandDialog, ReportCommandDialog, ReportJobDialog } from './work-dialogs.js'
import { PairDialog, RegisterDialog, EndDialog } from './runner-dialogs.js'
import { adminActions } from '../../model/admin-api.js'
import { clockTime } from '../../model/labels.js'
import { Curl } from '../../parts/copy.js'
import { Dialog } from '../../parts/dialog.js'
import { HttpStatus } from '../../parts/status.js'

/** The dialog, or nothing. */
export function Overlays() {
  const open = overlay.value
  switch (open?.name) {
    case undefined:
      return null
    case 'pair':
      return <PairDialog onClose={closeOverlay} />
    case 'new-job':
      return <JobDialog runnerId={open.runner} agent={open.agent} onClose={closeOverlay} />
    case 'new-command':
      return <CommandDialog runnerId={open.runner} onClose={closeOverlay} />
    case 'report-job':
      return <ReportJobDialog id={open.job} onClose={closeOverlay} />
    case 'report-command':
      return <ReportCommandDialog id={open.command} onClose={closeOverlay} />
    case 'disconnect':
    case 'evict':
      return <EndDialog how={open.name} runnerId={open.runner} onClose={closeOverlay} />
    case 'register-agents':
      return <RegisterDialog runnerId={open.runner} onClose={closeOverlay} />
    case 'new-fault':
      return <FaultDialog onClose={closeOverlay} />
    case 'actions':
      return <DialogActions onClose={closeOverlay} />
    case 'keys':
      return <Keys onClose={closeOverlay} />
  }
}

/** What this console has done so far, each as a curl command. */
function DialogActions({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="What this console did" onClose={onClose}>
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
  ['g then w a t r c o s', 'World, traces, timeline, requests, coverage, orders, controls'],
  ['/', 'Search'],
  ['↑ ↓ Page Home End', 'Through a list'],
  ['Esc', 'Close what is open'],
  ['n', 'New job or command for the open runner'],
  ['p', 'Pair a runner'],
  ['. , ;', 'Advance 15 s, 1 min, 24 h'],
  ['Space', 'Freeze or resume time'],
  ['?', 'This list'],
] as const

/** What the keyboard does. */
function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
