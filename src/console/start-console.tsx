/** The whole console: the bar at the top, the page that the address names, what lies over it, and the keys. */
import { afterRealTime } from '../kernel/clock.js'
import { signal } from '@preact/signals'
import { type ComponentType, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isTokenWanted, adminActions, useToken } from './model/admin-api.js'
import { connection, goLive } from './model/live.js'
import { world } from './model/world-state.js'
import { route, hrefOf, overlay, pages, show, closeDetail, go, PAGE_KEYS, type PageName } from './model/route.js'
import { ControlsPage } from './views/controls/controls-page.js'
import { CoveragePage } from './views/coverage/coverage-page.js'
import { SentActions, Dialog } from './parts/dialog.js'
import { OrdersPage } from './views/orders/orders-page.js'
import { RequestsPage } from './views/requests/requests-page.js'
import { TimelinePage } from './views/timeline/timeline-page.js'
import { TracesPage } from './views/world/traces-page.js'
import { WorldPage } from './views/world/world-page.js'
import { advance, movesUnderWay, reading, startBeat, steps, toggleTime, virtualNow } from './model/time.js'
import { clockTime, many } from './model/labels.js'
import { Field, instead } from './parts/field.js'
import { Button, CopyButton, Icon } from './parts/button.js'
import { HttpStatus, NamedValues } from './parts/values.js'
import { openRunner } from './model/list-filters.js'
import { PairDialog, CommandDialog, JobDialog } from './views/dialogs/dialogs.js'
import { startHeartbeats } from './model/calls.js'

function App() {
  if (isTokenWanted.value) return <TokenForm />
  const Page = pageViews[route.value.page]
  return (
    <div class="app">
      <a class="skip" href="#main" onClick={instead(() => document.getElementById('main')?.focus())}>
        Skip to content
      </a>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <h1 class="visually-hidden">Runner console: {route.value.page}</h1>
        {world.value !== undefined && <Page />}
      </main>
      {overlay.value}
      <Toast />
    </div>
  )
}

const pageViews: Readonly<Record<PageName, ComponentType>> = {
  world: WorldPage,
  traces: TracesPage,
  timeline: TimelinePage,
  requests: RequestsPage,
  coverage: CoveragePage,
  orders: OrdersPage,
  controls: ControlsPage,
}

/** Pages, virtual time with its levers, and how the console stands with the server. */
function TopBar() {
  const faults = world.value?.faults.length ?? 0
  return (
    <header class="top-bar">
      <a class="brand" href={hrefOf({ page: 'world' })}>
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
          <rect class="brand-box" width="32" height="32" rx="8" />
          <path class="brand-sign" d="M9 10l6 6-6 6M17 22h7" />
        </svg>
        <span>Runner console</span>
      </a>
      <nav aria-label="Pages">
        {pages.map((page) => (
          <a key={page} href={hrefOf({ page })} aria-current={route.value.page === page ? 'page' : undefined}>
            {page[0]?.toUpperCase()}
            {page.slice(1)}
          </a>
        ))}
      </nav>
      {faults > 0 && (
        <a class="fault-sign" href={hrefOf({ page: 'controls' })}>
          <Icon name="bolt" size={14} />
          {many(faults, 'fault')}
        </a>
      )}
      <Clock />
      <span class={`connection ${connection.value}`} role="status">
        <span class="dot" aria-hidden="true" />
        <span class="words">{connectionWords[connection.value]}</span>
      </span>
    </header>
  )
}

function Clock() {
  const now = virtualNow()
  const time = new Date(now).toISOString()
  const { isFrozen: stands, speed } = reading.value
  return (
    <div class="clock" role="group" aria-label="Virtual time" aria-busy={movesUnderWay.value > 0}>
      <time class={stands ? 'now frozen' : 'now'} dateTime={time} title="Virtual time, UTC">
        <span class="date">{time.slice(0, 10)}</span>
        <span class="time">{clockTime(now)}</span>
        {speed !== 1 && <span title="Virtual seconds in a real one">×{speed}</span>}
        {stands && <span class="tag">stopped</span>}
      </time>
      <Button icon={stands ? 'play' : 'pause'} label={stands ? 'Resume time' : 'Freeze time'} onClick={toggleTime} />
      <span class="faint advance" aria-hidden="true">
        Advance
      </span>
      {steps.map((step) => (
        <Button
          key={step.words}
          words={`+${step.words}`}
          label={`Advance ${step.words}`}
          onClick={() => void advance(step)}
        />
      ))}
    </div>
  )
}

const connectionWords = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' } as const

const goneUpTo = signal(0)
const STAY = 6000

function Toast() {
  const [latest] = adminActions.value
  const number = latest?.number ?? 0
  useEffect(() => afterRealTime(STAY, () => (goneUpTo.value = Math.max(goneUpTo.value, number))), [number])
  const isShown = latest !== undefined && number > goneUpTo.value
  return (
    <div class="toast-place" role="status">
      {isShown && (
        <div class={latest.problem === '' ? 'toast' : 'toast bad'}>
          <HttpStatus status={latest.status} />
          <span class="words">
            {latest.title}
            {latest.problem !== '' && <small>{latest.problem}</small>}
          </span>
          <CopyButton text={() => latest.curl} label="curl" title="Copy curl command" />
          <Button icon="list" label="All that was done" onClick={() => show(<SentActions />)} />
          <Button icon="close" label="Dismiss" onClick={() => (goneUpTo.value = number)} />
        </div>
      )}
    </div>
  )
}

function TokenForm() {
  const [text, setText] = useState('')
  return (
    <main class="token">
      <form class="card" onSubmit={instead(() => useToken(text.trim()))}>
        <h1>Admin token</h1>
        <p>
          This server wants the token that it was started with (<code>--admin-token</code>). It is kept in this tab
          only.
        </p>
        <Field label="Token" kind="secret" value={text} onChange={setText} />
        <Button words="Open the console" kind="primary" disabled={text.trim() === ''} />
      </form>
    </main>
  )
}

function followKeys(): void {
  let isAfterG = false
  addEventListener('keydown', (event) => {
    // A key that is held down would pile up what it does.
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    if (overlay.value !== undefined || isOneOf('input, textarea, select', event.target)) return
    const page = isAfterG ? pages[PAGE_KEYS.indexOf(event.key)] : undefined
    isAfterG = event.key === 'g'
    const [, act] = keys.get(event.key) ?? []
    if (page !== undefined) go({ page })
    else if (act === undefined || act(event.target) === false) return
    event.preventDefault()
  })
}

type KeyAction = (target: EventTarget | null) => unknown

/** What keys stand for, in words, and what does it; false when there is nothing to do. */
const keys = new Map<string, readonly [words: string, act: KeyAction]>([
  ['/', ['Search', () => document.querySelector<HTMLInputElement>('main input[type=search]')?.focus()]],
  ['Escape', ['Close what is open', leaveDetail]],
  ['n', ['New job or command for the open runner', giveWork]],
  ['p', ['Pair a runner', () => show(<PairDialog />)]],
  ...steps.map((step) => [step.key, [`Advance ${step.words}`, () => void advance(step)]] as const),
  [' ', ['Freeze or resume time', (target) => !isOneOf('button, a, summary, [role=tab]', target) && toggleTime()]],
  ['?', ['This list', () => show(<Keys />)]],
])

function giveWork(): boolean {
  const runner = openRunner.value
  if (runner === undefined) return false
  show(runner.type === 'connect' ? <CommandDialog runner={runner} /> : <JobDialog runner={runner} />)
  return true
}

function leaveDetail(): boolean {
  const { job, command, trace, request } = route.value
  if ((job ?? command ?? trace ?? request) === undefined) return false
  closeDetail()
  return true
}

function isOneOf(selector: string, target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches(selector)
}

function Keys() {
  const own = Array.from(keys, ([key, [words]]) => [key === ' ' ? 'Space' : key, words] as const)
  const all = [
    [`g then ${PAGE_KEYS.split('').join(' ')}`, pages.join(', ').replace('w', 'W')] as const,
    ['↑ ↓ Page Home End', 'Through a list'] as const,
    ...own,
  ]
  return (
    <Dialog title="Keyboard">
      <NamedValues kind="keys" of={all.map(([key, words]) => [<kbd>{key}</kbd>, words])} />
    </Dialog>
  )
}

const root = document.getElementById('app')
if (root !== null) {
  followKeys()
  void startBeat()
  void startHeartbeats()
  render(<App />, root)
  void goLive()
}
