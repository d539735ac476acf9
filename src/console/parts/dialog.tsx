/** A dialog that sends calls: fields, the curl commands for what they say, and a button. The browser keeps the focus inside. */
import type { JsonObject } from '../../kernel/json-value.js'
import type { ComponentChildren, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { act, adminActions, curlOf, type AdminReading, type CurlCall } from '../model/admin-api.js'
import { readForm, textIn, type FormField, type FormLayout, type FormTexts } from '../model/form.js'
import { closeOverlay } from '../model/route.js'
import { Field, Problem, instead } from './field.js'
import { Button } from './button.js'
import { Curl, HttpStatus } from './values.js'
import { clockTime } from '../model/labels.js'

export function CallDialog(props: {
  title: string
  submit: string
  /** For what was filled in so far. Default: no fields. */
  fields?: (texts: FormTexts) => FormLayout
  calls: (values: JsonObject) => readonly [CurlCall, ...CurlCall[]]
  isDanger?: boolean
  /** What is done, in the list of actions. Default: the title. */
  action?: string
  /** Called when the first call has been sent and answered well. */
  onDone?: (answer: AdminReading) => void
  /** Sends. Resolves to what went wrong, '' when all went well, and then the dialog closes. Default: the first call is sent. */
  onSubmit?: (values: JsonObject) => Promise<string>
  children?: ComponentChildren
}) {
  const { title, submit, isDanger = false, action = title, children } = props
  const [texts, setTexts] = useState<FormTexts>({})
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const layout = props.fields?.(texts) ?? []
  const all = layout.flatMap((row) => (typeof row === 'string' ? [] : row))
  const values = readForm(all, texts)
  const calls = props.calls(values)
  const sendFirst = async (): Promise<string> => {
    const answer = await act(action, calls[0])
    if (answer.isOk) props.onDone?.(answer)
    return answer.problem
  }
  const run = async (): Promise<void> => {
    setBusy(true)
    const outcome = await (props.onSubmit?.(values) ?? sendFirst())
    setBusy(false)
    setProblem(outcome)
    if (outcome === '') closeOverlay()
  }
  const show = (field: FormField) => (
    <Field
      key={field.name}
      {...field}
      value={textIn(field, texts)}
      onChange={(text) => setTexts({ ...texts, [field.name]: text })}
    />
  )
  return (
    <Dialog title={title}>
      <form onSubmit={instead(() => void run())}>
        <div class="dialog-body">
          {layout.map((row) => (
            <Row row={row} show={show} />
          ))}
          {children}
        </div>
        <Curl text={() => calls.map(curlOf).join('\n\n')} />
        <Problem words={problem} />
        <footer class="dialog-foot">
          <Button words="Cancel" kind="" onClick={closeOverlay} />
          <Button words={submit} kind={isDanger ? 'primary danger' : 'primary'} disabled={isBusy} />
        </footer>
      </form>
    </Dialog>
  )
}

function Row({ row, show }: { row: FormLayout[number]; show: (field: FormField) => VNode }) {
  if (typeof row === 'string') return <p class="faint">{row}</p>
  return 'name' in row ? show(row) : <div class="field-row">{row.map(show)}</div>
}

/** Anything over the page, open as long as it exists. */
export function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <dialog ref={showModal} class="dialog" aria-label={title} closedby="any" onClose={closeOverlay}>
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{title}</h2>
          <Button icon="close" label="Close" onClick={closeOverlay} />
        </header>
        {children}
      </div>
    </dialog>
  )
}

function showModal(box: HTMLDialogElement | null): void {
  box?.showModal()
}

/** What this console has sent so far, the latest first. */
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
