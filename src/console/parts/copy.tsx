/** What one reads and copies: ids, JSON, curl commands. */
import { afterRealTime } from '../../kernel/clock.js'
import { useState } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import { shortId } from '../model/labels.js'
import { Icon } from './icon.js'

/** A button that copies a text, which is made when it is pressed. */
export function CopyButton({ text, label, title }: { text: () => string; label?: string; title: string }) {
  const [isDone, setDone] = useState(false)
  const onClick = async (event: Event): Promise<void> => {
    event.stopPropagation()
    if (!(await copy(text()))) return
    setDone(true)
    afterRealTime(1200, () => setDone(false))
  }
  return (
    <button
      type="button"
      class={label === undefined ? 'button quiet icon-only' : 'button quiet'}
      title={title}
      aria-label={title}
      onClick={(event) => void onClick(event)}
    >
      <Icon name={isDone ? 'check' : 'copy'} />
      {label !== undefined && <span>{isDone ? 'Copied' : label}</span>}
    </button>
  )
}

/** Copies a text; false where the page may not: plain http beyond this machine. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

export function Id({ id, isWhole = false }: { id: string; isWhole?: boolean }) {
  return (
    <span class="id">
      <code title={id}>{isWhole ? id : shortId(id)}</code>
      <CopyButton text={() => id} title="Copy id" />
    </span>
  )
}

/** Longer texts are cut; copying gives them whole. */
const MAX_SHOWN = 60_000

/** A JSON value in a box: indented, coloured by kind, and always as text. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2)
  const shown =
    text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… ${text.length - MAX_SHOWN} characters more` : text
  return (
    <div class="code-box">
      <pre class="json" tabIndex={0} role="region" aria-label={label}>
        {paint(shown)}
      </pre>
      <CopyButton text={() => text} title={`Copy ${label}`} />
    </div>
  )
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g

function paint(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = []
  let place = 0
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match
    if (match.index > place) parts.push(text.slice(place, match.index))
    const kind =
      string === undefined ? (word === undefined ? 'number' : 'word') : colon === undefined ? 'string' : 'key'
    parts.push(<span class={kind}>{string ?? whole}</span>)
    if (colon !== undefined) parts.push(colon)
    place = match.index + whole.length
  }
  parts.push(text.slice(place))
  return parts
}

/** A curl command to read and to copy; `of` says what it does where there are several. */
export function Curl({ text, of }: { text: () => string; of?: string }) {
  const label = of === undefined ? 'curl command' : `curl command: ${of}`
  return (
    <div class="code-box curl">
      <pre tabIndex={0} role="region" aria-label={label}>
        {text()}
      </pre>
      <CopyButton text={text} title="Copy curl command" />
    </div>
  )
}
