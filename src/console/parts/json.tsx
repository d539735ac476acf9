/** JSON for people: indented, coloured by kind, and always as text. */
import type { ComponentChildren } from 'preact'
import { CopyButton } from './copy.js'

/** Longer texts are cut; copying gives them whole. */
const MOST_SHOWN = 60_000

/** A JSON value in a box. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2)
  const shown =
    text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n… ${text.length - MOST_SHOWN} characters more` : text
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
