/** What the columns of a job and of a command have in common. */
import type { ComponentChildren } from 'preact'
import { go, hrefOf, route } from '../../model/route.js'
import { runners } from '../../model/world-state.js'
import { Id } from '../../parts/copy.js'
import { Icon } from '../../parts/icon.js'
import { Json } from '../../parts/json.js'
import { Status } from '../../parts/status.js'

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
        <button type="button" class="button quiet icon-only close" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
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
