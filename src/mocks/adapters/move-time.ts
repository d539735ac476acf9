// Moves the clock of a Playwright page and that of a mock together, timer by timer. It knows no more of Playwright than is
// written here, so that any of its packages will do.
import { pauseFor, toMilliseconds, type ClockControl, type Duration } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import { textAt } from '../../kernel/json-value.js'

type RequestEvent = 'request' | 'requestfinished' | 'requestfailed'

/** A `Page` of Playwright whose clock is installed. */
export interface MovablePage {
  readonly clock: { runFor(milliseconds: number): Promise<void> }
  evaluate(script: string): Promise<unknown>
  on(event: RequestEvent, listener: (request: object) => void): unknown
  off(event: RequestEvent, listener: (request: object) => void): unknown
}

/** A mock that is served: what `serve` returns, or where its admin API is. */
export interface ServedClock {
  /** Such as `http://127.0.0.1:5173/__admin`. */
  readonly adminUrl: string
  /** Sent with each request, such as `x-admin-token` and `x-mock-world`. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A mock of this process, or one that is served; a text is the URL of its admin API. */
export type MovableMock = { readonly clock: ClockControl } | ServedClock | string

/**
 * Moves a page's time and its mock's by as much. Their timers fire in the order in which they are due, and the calls of
 * the page are answered before time goes on. Install the page's clock first: `await page.clock.install()`. Timers of the
 * page that are less than 50 ms apart, and all of a page in whose Playwright they cannot be seen, move in steps: of 50 ms
 * and of a second.
 * @throws KitError `clock/duration` for a negative or non-finite duration, `clock/served` for a mock that cannot be reached
 *
 * @example
 * import { moveTime, type MovablePage } from 'opik-runner-kit/playwright'
 *
 * export async function waitForTimeout(page: MovablePage): Promise<void> {
 *   await moveTime(page, 'http://127.0.0.1:5173/__admin', { minutes: 5 })
 * }
 */
export async function moveTime(page: MovablePage, mock: MovableMock, duration: Duration): Promise<void> {
  const clock = clockOf(mock)
  const calls = followCalls(page)
  try {
    for (let left = Math.round(toMilliseconds(duration)); left > 0;) {
      const ofMock = await clock.untilNext()
      const step = Math.min(left, Math.max(ofMock, 1), Math.max(await untilNextIn(page), MIN_STEP_MS))
      // A page that listens to the mock learns of an effect at about the time at which it happens, and the other way
      // round.
      const before = ofMock <= step ? step - 1 : 0
      if (before > 0) await page.clock.runFor(before)
      await calls.settle()
      await clock.advance(step)
      await calls.settle(ofMock <= step)
      await page.clock.runFor(step - before)
      await calls.settle()
      left -= step
    }
  } finally {
    calls.close()
  }
}

const MIN_STEP_MS = 50
const MAX_STEP_MS = 1000

/** Milliseconds until a timer of the page is due, where its clock lets that be seen; frames are not counted. */
const NEXT_OF_PAGE = `(() => {
  const { _timers, _now } = globalThis.__pwClock?.controller ?? {}
  if (!(_timers instanceof Map) || typeof _now?.ticks !== 'number') return undefined
  const dues = [..._timers.values()].filter(({ type }) => type === 'Timeout' || type === 'Interval')
  return dues.reduce((least, { callAt }) => Math.min(least, callAt - _now.ticks), Number.MAX_SAFE_INTEGER)
})()`

async function untilNextIn(page: MovablePage): Promise<number> {
  const next = await page.evaluate(NEXT_OF_PAGE)
  return typeof next === 'number' && Number.isFinite(next) ? Math.ceil(next) : MAX_STEP_MS
}

interface SteppedClock {
  /** Milliseconds until its next timer is due. */
  untilNext(): number | Promise<number>
  advance(milliseconds: number): Promise<void>
}

function clockOf(mock: MovableMock): SteppedClock {
  if (typeof mock === 'string') return servedClock({ adminUrl: mock })
  if (!('clock' in mock)) return servedClock(mock)
  const { clock } = mock
  return {
    untilNext: () => Math.ceil(clock.nextDue() - clock.now()),
    advance: (milliseconds) => clock.advance({ milliseconds }),
  }
}

function servedClock({ adminUrl, headers = {} }: ServedClock): SteppedClock {
  const url = `${adminUrl.replace(/\/+$/, '')}/clock`
  const ask = async (path: string, init: RequestInit): Promise<unknown> => {
    const asked = fetch(url + path, { ...init, headers: { ...headers, 'content-type': 'application/json' } })
    const answer = await asked.catch((cause: unknown) => refuse('nothing answers', cause))
    const text = await answer.text()
    return answer.ok ? JSON.parse(text) : refuse(`${answer.status} ${text.slice(0, 200)}`)
  }
  const refuse = (value: string, cause?: unknown): never => {
    const parts = { failed: `The mock's clock at ${url} cannot be moved.`, value }
    throw new KitError('clock/served', { ...parts, fix: 'Give the URL of its admin API, and its token.' }, { cause })
  }
  let state: unknown
  return {
    async untilNext() {
      state ??= await ask('', {})
      const due = Date.parse(textAt(state, 'next_due'))
      return Number.isNaN(due) ? Infinity : due - Date.parse(textAt(state, 'now'))
    },
    async advance(milliseconds) {
      state = await ask('/advance', { method: 'POST', body: JSON.stringify({ seconds: milliseconds / 1000 }) })
    },
  }
}

/** A call that is not answered within so many real milliseconds is held by the mock, until its time has passed. */
const HELD_MS = 100
/** A call that the mock held is answered within so many real milliseconds after its time has passed. */
const RELEASED_MS = 25
const LOOK_MS = 4

/** What lets a page do what is ready to be done, although its timers stand still. */
export const TURN_OF_PAGE = `new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => resolve(0)
  port2.postMessage(0)
})`

/** Follows the calls of a page. */
function followCalls(page: MovablePage) {
  const begun = new Set<object>()
  const held = new Set<object>()
  let events = 0
  const begin = (request: object): void => {
    begun.add(request)
    events++
  }
  const end = (request: object): void => {
    begun.delete(request)
    held.delete(request)
    events++
  }
  const listeners = { request: begin, requestfinished: end, requestfailed: end } as const
  for (const name of EVENTS) page.on(name, listeners[name])
  return {
    /**
     * Waits until calls that have just begun are answered or held, and the page has done what follows.
     * @param mayRelease whether the mock may have answered calls that it held
     */
    async settle(mayRelease = false): Promise<void> {
      let seen: number
      do {
        seen = events
        await page.evaluate(TURN_OF_PAGE)
        const most = begun.size > 0 ? HELD_MS : mayRelease && held.size > 0 ? RELEASED_MS : 0
        for (let waited = 0; seen === events && waited < most; waited += LOOK_MS) await pauseFor(LOOK_MS)
      } while (seen !== events)
      for (const request of begun) held.add(request)
      begun.clear()
    },
    close(): void {
      for (const name of EVENTS) page.off(name, listeners[name])
    },
  }
}

const EVENTS = ['request', 'requestfinished', 'requestfailed'] as const
