/** A dialog that sends one call: fields, the curl command for what they say, and a button. The browser keeps the focus inside. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { act, curlOf } from '../model/admin-api.js'
import { closeOverlay } from '../model/route.js'
import type { CurlCall } from '../model/to-curl.js'
import { Curl } from './copy.js'
import { Problem, instead } from './field.js'
import { Button, IconButton } from './button.js'

export function CallDialog(props: {
  title: string
  submit: string
  calls: readonly [CurlCall, ...CurlCall[]]
  isDanger?: boolean
  /** Why it cannot be sent yet; undefined when it can. */
  obstacle?: string | undefined
  /** What is done, in the list of actions. Default: the title. */
  action?: string
  /** Sends. Resolves to what went wrong, '' when all went well, and then the dialog closes. Default: the first call is sent. */
  onSubmit?: () => Promise<string>
  children?: ComponentChildren
}) {
  const { title, submit, calls, isDanger = false, obstacle, action = title, children } = props
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    if (obstacle !== undefined) {
      setProblem(obstacle)
      return
    }
    setBusy(true)
    const outcome = await (props.onSubmit?.() ?? act(action, calls[0]).then((answer) => answer.problem))
    setBusy(false)
    setProblem(outcome)
    if (outcome === '') closeOverlay()
  }
  return (
    <Dialog title={title}>
      <form onSubmit={instead(() => void run())}>
        <div class="dialog-body">{children}</div>
        <Curl text={() => calls.map(curlOf).join('\n\n')} />
        <Problem words={problem} />
        <footer class="dialog-foot">
          <Button words="Cancel" kind="" onClick={closeOverlay} />
          <button type="submit" class={isDanger ? 'button primary danger' : 'button primary'} disabled={isBusy}>
            {submit}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

/** Anything over the page, open as long as it exists. */
export function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    box.current?.showModal()
  }, [])
  return (
    <dialog
      ref={box}
      class="dialog"
      aria-label={title}
      onClose={closeOverlay}
      onClick={(event) => event.target === box.current && closeOverlay()}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{title}</h2>
          <IconButton icon="close" label="Close" onClick={closeOverlay} />
        </header>
        {children}
      </div>
    </dialog>
  )
}
