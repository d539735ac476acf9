/** Draws the dialog that lies over the page. */
import { closeOverlay, overlay } from '../../model/overlay.js'
import { FaultDialog } from './fault-dialog.js'
import { JobDialog } from './job-dialog.js'
import { CommandDialog } from './command-dialog.js'
import { PairDialog } from './pair-dialog.js'
import { RegisterDialog } from './register-dialog.js'
import { ReportCommandDialog, ReportJobDialog } from './report-dialogs.js'
import { DialogActions } from './dialog-actions.js'
import { EndDialog } from './end-dialog.js'
import { Keys } from './keys.js'

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
    case 'deeds':
      return <DialogActions onClose={closeOverlay} />
    case 'keys':
      return <Keys onClose={closeOverlay} />
  }
}
