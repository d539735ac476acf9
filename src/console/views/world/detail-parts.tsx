/** What columns have in common: the choice of a project over lists; heads, facts and exchanges of jobs and commands. */
import type { ComponentChildren } from 'preact'
import { go, hrefOf, route } from '../../model/route.js'
import { runners, heedWorld, projects, titleOf } from '../../model/world-state.js'
import { Id, Json } from '../../parts/copy.js'
import { IconButton } from '../../parts/button.js'
import { Status, HttpStatus } from '../../parts/status.js'
import { ALL, projectOfLists } from '../../model/requests/log-filters.js'
import { Choice } from '../../parts/field.js'
import type { EventView, JournalDetail } from '../../../kernel/admin-views.js'
import { hasMembers, readAdmin } from '../../model/admin-api.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { clockTime, duration, shortPath } from '../../model/labels.js'
import { memberOf } from '../../../kernel/json-value.js'

/** Title, state and the way back. */
export function DetailHead(props: {
  title: string
  id: string
  state: string | undefined
  isGone: boolean
  children?: ComponentChildren
}) {
  const { title, id, state, isGone, children } = props
  const close = (): void => {
    const { page, runner } = route.value
    go({ page, ...(runner === undefined ? {} : { runner }) })
  }
  return (
    <header class="detail-head">
      <div class="title-row">
        <h2 title={title}>{title}</h2>
        {state !== undefined && <Status state={state} />}
        <IconButton icon="close" label="Close" kind="close" onClick={close} />
      </div>
      <div class="title-row sub">
        <Id id={id} isWhole />
      </div>
      {isGone && <p class="notice">The server has it no more: what you see is what was known last.</p>}
      {children}
    </header>
  )
}

/** A row of named values. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>
}

/** One of them. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** What a resource has besides the fields that its column shows in a place of their own. */
export function OtherFields({ of, shown }: { of: object; shown: readonly string[] }) {
  const others = Object.entries<unknown>({ ...of }).filter(([name]) => !shown.includes(name))
  if (others.length === 0) return null
  return (
    <>
      <h3>Further fields</h3>
      <Json value={Object.fromEntries(others)} label="further fields" />
    </>
  )
}

/** Whose it is; leads to that runner, with `open` beside it. */
export function RunnerFact({
  id,
  open,
}: {
  id: string
  open: { readonly job: string } | { readonly command: string }
}) {
  const runner = runners.get(id)
  if (runner === undefined) return null
  return (
    <Fact name="Runner">
      <a href={hrefOf({ page: 'world', runner: id, ...open })}>{runner.name}</a>
    </Fact>
  )
}

/** Narrows every list to one project, where there is more than one. */
export function ProjectChoice() {
  heedWorld()
  if (projects.size < 2) return null
  const names = [...projects.values()].map((project) => [project.id, titleOf(project)] as const)
  return <Choice value={projectOfLists} label="Project" options={[[ALL, 'Any project'], ...names]} />
}

/** Every request that names something, in its path, its body or its answer: what made it what it is, oldest first. */
export function Exchanges({ id, runnerId }: { id: string; runnerId: string }) {
  const { value } = useWatched<readonly JournalDetail[]>(id, {
    read: async () => {
      const { body } = await readAdmin(`/requests?about=${id}&given=true`)
      const requests: unknown = memberOf(body, 'requests')
      return Array.isArray(requests) ? requests.filter(isEntry) : []
    },
    isAbout: (event: EventView) =>
      event.type === 'request' && (event.path.includes(id) || event.path.includes(runnerId)),
    patience: 150,
  })
  if (value === undefined) return null
  if (value.length === 0) return <div class="empty">The journal holds none of them any more.</div>
  return (
    <ol class="exchanges scroll">
      {value.map((entry) => (
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

function isEntry(value: unknown): value is JournalDetail {
  return hasMembers(value, 'id', 'at', 'method', 'path', 'status')
}
