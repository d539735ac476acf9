/** The whole console: the bar at the top, the page that the address names, and what lies over it. */
import { afterRealTime } from '../../kernel/clock.js'
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isTokenWanted, adminActions, useToken } from '../model/admin-api.js'
import { connection } from '../model/live.js'
import { world } from '../model/world-state.js'
import { route, hrefOf, overlay, pages, show, type PageName } from '../model/route.js'
import { ControlsPage } from './controls/controls-page.js'
import { CoveragePage } from './coverage/coverage-page.js'
import { SentActions } from './dialogs/overlays.js'
import { OrdersPage } from './orders/orders-page.js'
import { RequestsPage } from './requests/requests-page.js'
import { TimelinePage } from './timeline/timeline-page.js'
import { TracesPage } from './world/traces-page.js'
import { WorldPage } from './world/world-page.js'
import { isFrozen, virtualNow, advance, movesUnderWay, speedOfTime, steps, toggleTime } from '../model/time.js'
import { calendarDate, clockTime, many } from '../model/labels.js'
import { SecretField, instead } from '../parts/field.js'
import { ThemeButton } from './theme.js'
import { Button, CopyButton, Icon } from '../parts/button.js'
import { HttpStatus } from '../parts/values.js'

export function App() {
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
      <FaultSign />
      <Clock />
      <Connection />
      <ThemeButton />
    </header>
  )
}

function FaultSign() {
  const count = world.value?.faults.length ?? 0
  if (count === 0) return null
  return (
    <a class="fault-sign" href={hrefOf({ page: 'controls' })}>
      <Icon name="bolt" size={14} />
      {many(count, 'fault')}
    </a>
  )
}

function Clock() {
  const now = virtualNow()
  const stands = isFrozen()
  return (
    <div class="clock" role="group" aria-label="Virtual time" aria-busy={movesUnderWay.value > 0}>
      <time class={stands ? 'now frozen' : 'now'} dateTime={new Date(now).toISOString()} title="Virtual time, UTC">
        <span class="date">{calendarDate(now)}</span>
        <span class="time">{clockTime(now)}</span>
        {speedOfTime() !== 1 && <span title="Virtual seconds in a real one">×{speedOfTime()}</span>}
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

function Connection() {
  return (
    <span class={`connection ${connection.value}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="words">{connectionWords[connection.value]}</span>
    </span>
  )
}

const goneUpTo = signal(0)
const ALL_DONE = { label: 'All that was done', title: 'All that was done' }
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
          <Button icon="list" {...ALL_DONE} onClick={() => show(<SentActions />)} />
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
        <SecretField label="Token" value={text} onChange={setText} />
        <button type="submit" class="button primary" disabled={text.trim() === ''}>
          Open the console
        </button>
      </form>
    </main>
  )
}
