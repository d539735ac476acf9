/** How values are shown: states, ids, times, names with what they stand for, JSON and commands to read and to copy. */
import type { ComponentChildren } from 'preact'
import type { RunnerView } from '../../generated/kit-schema.js'
import { ago, duration, plain, shortId } from '../model/labels.js'
import { virtualNow } from '../model/time.js'
import { settings } from '../model/world-state.js'
import { CopyButton, Icon, type IconName } from './button.js'

/** A state as a coloured pill; the word is always there, so that the colour is not needed. */
export function Status({ state }: { state: string }) {
  return (
    <span class={`status ${state}`}>
      <span class="dot" aria-hidden="true" />
      {plain(state)}
    </span>
  )
}

/** A sign for what the words say; a dot without one. */
export function Mark({ words, icon }: { words: string; icon?: IconName | undefined }) {
  return (
    <span class="mark" title={words}>
      {icon === undefined ? '·' : <Icon name={icon} size={14} />}
      <span class="visually-hidden">{words}</span>
    </span>
  )
}

export function HttpStatus({ status }: { status: number }) {
  const family = status === 0 ? 'lost' : `s${Math.floor(status / 100)}`
  return <span class={`http ${family}`}>{status === 0 ? 'lost' : status}</span>
}

/** Values under their names, as far as there are any. */
export function NamedValues(props: {
  of: readonly (readonly [name: ComponentChildren, value: ComponentChildren])[]
  kind?: string
}) {
  const known = props.of.filter(([, value]) => value !== undefined)
  return (
    <dl class={props.kind}>
      {known.map(([name, value], at) => (
        <div key={at}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A text that is cut where there is no room, and whole when pointed at. */
export function Cut({ text, kind = 'cut' }: { text: string | undefined; kind?: string }) {
  return (
    <span class={kind} title={text}>
      {text}
    </span>
  )
}

/** When something was, by default how long ago; the exact time when pointed at. */
export function Moment({ at, words = ago(virtualNow() - Date.parse(at)) }: { at: string; words?: string }) {
  return (
    <time dateTime={at} title={at}>
      {words}
    </time>
  )
}

export function DurationText({ from, to }: { from: string | undefined; to: string | undefined }) {
  if (from === undefined) return <span class="faint">–</span>
  const end = to === undefined ? virtualNow() : Date.parse(to)
  return <span class="number">{duration(end - Date.parse(from))}</span>
}

/** How much of a runner's heartbeat is left: a bar that runs out with it, and the time in words. */
export function Countdown({ runner }: { runner: RunnerView }) {
  const ttl = (settings.value['heartbeat_ttl_seconds'] ?? 15) * 1000
  const age = virtualNow() - Date.parse(runner.last_heartbeat_at)
  if (runner.status !== 'connected') return <span class="countdown faint">last seen {ago(age)}</span>
  const left = Math.min(Math.max(ttl - age, 0), ttl)
  const share = ttl === 0 ? 0 : left / ttl
  return (
    <span class={share < 0.34 ? 'countdown low' : 'countdown'} title={`last heartbeat ${ago(age)}`}>
      <svg class="gauge" width="40" height="4" viewBox="0 0 40 4" aria-hidden="true">
        <rect class="track" width="40" height="4" rx="2" />
        <rect class="level" width={Math.max(40 * share, 2)} height="4" rx="2" />
      </svg>
      <span class="number">{duration(left)}</span>
    </span>
  )
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
