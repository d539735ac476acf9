/** Copying to the clipboard. */
import { useState } from 'preact/hooks'
import { after } from '../model/platform.js'
import { Icon } from './icon.js'

/** A button that copies a text, which is made when it is pressed. */
export function CopyButton({ text, label, title }: { text: () => string; label?: string; title: string }) {
  const [isDone, setDone] = useState(false)
  const onClick = async (event: Event): Promise<void> => {
    event.stopPropagation()
    if (!(await copy(text()))) return
    setDone(true)
    after(1200, () => setDone(false))
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

/** An id, whole or its end, with a button that copies it. */
export function Id({ id, isWhole = false }: { id: string; isWhole?: boolean }) {
  return (
    <span class="id">
      <code title={id}>{isWhole ? id : `…${id.slice(-8)}`}</code>
      <CopyButton text={() => id} title="Copy id" />
    </span>
  )
}
