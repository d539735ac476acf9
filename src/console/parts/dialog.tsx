/** A dialog that sends one call: fields, the curl command for what they say, and a button. The browser keeps the focus inside. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { curlOf } from '../model/admin-api.js'
import type { CurlCall } from '../model/to-curl.js'
import { Curl } from './copy.js'
import { Problem } from './field.js'
import { Button, IconButton } from './button.js'

/** A dialog. */
interface CallDialogProps {
  readonly title: string
  readonly submit: string
  /** The calls that will be sent, as they stand now. */
  readonly calls: readonly CurlCall[]
  readonly isDanger?: boolean
  /** Why it cannot be sent yet; undefined when it can. */
  readonly obstacle?: string | undefined
  /** Sends. Resolves to what went wrong, '' when all went well, and then the dialog closes. */
  readonly onSubmit: () => Promise<string>
  readonly onClose: () => void
  readonly children?: ComponentChildren
}

/** The dialog, open as long as it exists. */
export function CallDialog(props: CallDialogProps) {
  const { title, submit, calls, isDanger = false, obstacle, onSubmit, onClose, children } = props
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const run = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (obstacle !== undefined) {
      setProblem(obstacle)
      return
    }
    setBusy(true)
    const outcome = await onSubmit()
    setBusy(false)
    setProblem(outcome)
    if (outcome === '') onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void run(event)}>
        <div class="dialog-body">{children}</div>
        <Curl text={() => calls.map(curlOf).join('\n\n')} />
        <Problem words={problem} />
        <footer class="dialog-foot">
          <Button words="Cancel" kind="" onClick={onClose} />
          <button type="submit" class={isDanger ? 'button primary danger' : 'button primary'} disabled={isBusy}>
            {submit}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

/** Anything over the page. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string
  onClose: () => void
  children: ComponentChildren
}) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    box.current?.showModal()
  }, [])
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === box.current && onClose()}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  )
}
