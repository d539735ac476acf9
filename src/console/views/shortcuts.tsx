/** Keys that work anywhere outside of fields and dialogs. */
import { openRunner } from '../model/list-filters.js'
import { closeDetail, overlay, show, go, route, pages, PAGE_KEYS } from '../model/route.js'
import { advance, steps, toggleTime } from '../model/time.js'
import { Keys } from './dialogs/overlays.js'
import { PairDialog, CommandDialog, JobDialog } from './dialogs/dialogs.js'

export function followKeys(): void {
  let isAfterG = false
  addEventListener('keydown', (event) => {
    // A key that is held down would pile up what it does.
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    if (overlay.value !== undefined || isTyping(event.target)) return
    const page = isAfterG ? pages[PAGE_KEYS.indexOf(event.key)] : undefined
    isAfterG = event.key === 'g'
    if (page !== undefined) go({ page })
    else {
      const act = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined
      if (act === undefined || act(event.target) === false) return
    }
    event.preventDefault()
  })
}

/** What keys stand for; false when there is nothing to do. */
const actions: Readonly<Record<string, (target: EventTarget | null) => unknown>> = {
  '/': () => document.querySelector<HTMLInputElement>('main input[type=search]')?.focus(),
  '?': () => show(<Keys />),
  p: () => show(<PairDialog />),
  n: () => {
    const runner = openRunner.value
    if (runner === undefined) return false
    show(runner.type === 'connect' ? <CommandDialog runnerId={runner.id} /> : <JobDialog runnerId={runner.id} />)
    return true
  },
  ' ': (target) => !isControl(target) && toggleTime(),
  Escape: leaveDetail,
  ...Object.fromEntries(steps.map((step) => [step.key, () => void advance(step)])),
}

function leaveDetail(): boolean {
  const { job, command, trace, request } = route.value
  if ((job ?? command ?? trace ?? request) === undefined) return false
  closeDetail()
  return true
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select')
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('button, a, summary, [role=tab]')
}
