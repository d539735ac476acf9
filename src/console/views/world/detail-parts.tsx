/** What columns have in common: heads, facts and exchanges of what is open. */
import type { ComponentChildren } from 'preact'
import { closeDetail, hrefOf } from '../../model/route.js'
import type { JournalDetail } from '../../../generated/kit-schema.js'
import { readView } from '../../model/admin-api.js'
import { useWatched } from '../../model/live.js'
import { clockTime, duration, shortPath } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { HttpStatus, Id, Json, Status } from '../../parts/values.js'

/** The column of one job, command, trace or exchange: title, state and the way back, then what is known of it. */
export function DetailPane(props: {
  kind: string
  title?: string | undefined
  /** Where it has one that people know. */
  id?: string
  state?: ComponentChildren
  isGone: boolean
  actions?: ComponentChildren
  children?: ComponentChildren
}) {
  const { kind, title = kind, id, state, isGone, actions, children } = props
  return (
    <section class="column detail" aria-label={kind}>
      <header class="detail-head">
        <div class="title-row">
          <h2 title={title}>{title}</h2>
          {typeof state === 'string' ? <Status state={state} /> : state}
          <Button icon="close" label="Close" kind="close" onClick={closeDetail} />
        </div>
        {id !== undefined && (
          <div class="title-row sub">
            <Id id={id} isWhole />
          </div>
        )}
        {isGone && <p class="notice">The server has it no more: what you see is what was known last.</p>}
        {actions}
      </header>
      {children}
    </section>
  )
}

/** A value under a heading; where there is none, the words for that, or nothing at all. */
export function Value(props: { title: string; value: unknown; label?: string; none?: string }) {
  const { title, value, label = title.toLowerCase(), none } = props
  if (value === undefined && none === undefined) return null
  return (
    <>
      <h3>{title}</h3>
      {value === undefined ? <p class="faint">{none}</p> : <Json value={value} label={label} />}
    </>
  )
}

/** What a resource has besides the fields that its column shows in a place of their own. */
export function OtherFields({ of, shown }: { of: object; shown: readonly string[] }) {
  const others = Object.entries<unknown>({ ...of }).filter(([name]) => !shown.includes(name))
  return <Value title="Further fields" value={others.length === 0 ? undefined : Object.fromEntries(others)} />
}

/** Every request that names something, in its path, its body or its answer: what made it what it is, oldest first. */
export function Exchanges({ id, runnerId }: { id: string; runnerId: string }) {
  const { value } = useWatched<{ requests: readonly JournalDetail[] }>(id, {
    read: () => readView(`/requests?about=${id}&given=true`, 'requests'),
    isAbout: (event) => event.type === 'request' && (event.path.includes(id) || event.path.includes(runnerId)),
  })
  if (value === undefined) return null
  if (value.requests.length === 0) return <div class="empty">The journal holds none of them any more.</div>
  return (
    <ol class="exchanges scroll">
      {value.requests.map((entry) => (
        <li key={entry.id}>
          <a href={hrefOf({ page: 'requests', request: String(entry.id) })}>
            <span class="number faint">{clockTime(Date.parse(entry.at), 'milliseconds')}</span>
            <HttpStatus status={entry.status} />
            <span class="name">{entry.operation ?? 'no operation'}</span>
            <span class="when">{duration(entry.duration_ms)}</span>
            <code class="cut faint" title={entry.path}>
              {entry.method} {shortPath(entry.path)}
            </code>
          </a>
        </li>
      ))}
    </ol>
  )
}
