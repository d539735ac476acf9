/** The bar at the top: pages, virtual time with its levers, and how the console stands with the server. */
import { act, ADMIN } from '../model/api.js'
import { connection } from '../model/live.js'
import { hrefOf, pages, route } from '../model/route.js'
import { isFrozen, virtualNow } from '../model/time.js'
import { calendarDate, clockTime } from '../model/words.js'
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
      <Clock />
      <Connection />
      <ThemeButton />
    </header>
  )
}

const steps = [
  ['15 s', 15],
  ['1 min', 60],
  ['24 h', 86_400],
] as const

function Clock() {
  const now = virtualNow()
  const stands = isFrozen()
  const advance = (seconds: number, words: string): void =>
    void act(`Advance ${words}`, { method: 'POST', path: `${ADMIN}/clock/advance`, body: { seconds } })
  const toggle = (): void =>
    void act(stands ? 'Resume time' : 'Freeze time', {
      method: 'POST',
      path: `${ADMIN}/clock/${stands ? 'resume' : 'freeze'}`,
    })
  return (
    <div class="clock" role="group" aria-label="Virtual time">
      <time class={stands ? 'now frozen' : 'now'} dateTime={new Date(now).toISOString()} title="Virtual time, UTC">
        <span class="date">{calendarDate(now)}</span>
        <span class="time">{clockTime(now)}</span>
      </time>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={stands ? 'Resume time' : 'Freeze time'}
        onClick={toggle}
      >
        <Icon name={stands ? 'play' : 'pause'} />
      </button>
      {steps.map(([words, seconds]) => (
        <button
          key={words}
          type="button"
          class="button small"
          aria-label={`Advance ${words}`}
          onClick={() => advance(seconds, words)}
        >
          +{words}
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
