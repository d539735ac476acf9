/** The bar at the top: pages, virtual time with its levers, and how the console stands with the server. */
import { connection, faults } from '../model/live.js'
import { hrefOf, pages, route } from '../model/route.js'
import { isFrozen, virtualNow } from '../model/time.js'
import { advance, movesUnderWay, steps, toggleTime } from '../model/time-levers.js'
import { calendarDate, clockTime, many } from '../model/labels.js'
import { Icon } from '../parts/icon.js'
import { ThemeButton } from './theme.js'

/** The bar. */
export function TopBar() {
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

/** Reminds of faults that are under way, wherever one is. */
function FaultSign() {
  const count = faults.value.length
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
      </time>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={stands ? 'Resume time' : 'Freeze time'}
        onClick={toggleTime}
      >
        <Icon name={stands ? 'play' : 'pause'} />
      </button>
      {steps.map((step) => (
        <button
          key={step.words}
          type="button"
          class="button small"
          aria-label={`Advance ${step.words}`}
          onClick={() => void advance(step)}
        >
          +{step.words}
        </button>
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
