/**
 * `opik-runner-kit/playwright`: moves the time of a page and of its mock together, and runs a test of pages in every order
 * of answers. Each run has a page of its own, whose calls of the API a mock answers, and whose time is the mock's. It knows
 * no more of Playwright than is written here.
 */
import type { BrowserRequest } from '../contracts/record/record-browser.js'
import { readApiUrl } from '../kernel/recording/recorded-call.js'
import type { ApiRequest } from '../mocks/base/exchange.js'
import type { RunnerMock } from '../mocks/mock/runner-mock.js'
import { ExploreError, exploreOrThrow, type Exploration, type OrderRun } from './explore-orders.js'
import { pauseFor } from '../kernel/clock.js'
import { TURN_OF_PAGE } from '../mocks/adapters/move-time.js'
import type { Surroundings } from './gate.js'
import { createHeldMock, type HeldMock, runHeld, START, type ExploreContext, type ExploreOptions } from './run-held.js'
import type { OrderPlan } from './search.js'

export { moveTime, type MovableMock, type MovablePage, type ServedClock } from '../mocks/adapters/move-time.js'

/** A request of a page, as Playwright has it. */
export type PageRequest = Pick<BrowserRequest, 'method' | 'url' | 'allHeaders' | 'postDataBuffer'>

/** A request that waits for its answer, as Playwright has it. */
export interface PageRoute {
  request(): PageRequest
  fulfill(answer: { status: number; headers: Record<string, string>; body: string }): Promise<void>
  abort(reason: string): Promise<void>
}

/** A page, as Playwright has it. */
export interface ExplorablePage {
  route(matches: (url: URL) => boolean, handler: (route: PageRoute) => Promise<void>): Promise<unknown>
  on(event: 'pageerror', listener: (error: Error) => void): unknown
  on(event: 'requestfailed', listener: (request: PageRequest) => void): unknown
  evaluate(script: string): Promise<unknown>
  readonly clock: {
    install(options: { time: string }): Promise<unknown>
    pauseAt(time: string): Promise<unknown>
    runFor(ms: number): Promise<unknown>
  }
}

/** A browser, as Playwright has it. */
export interface ExplorableBrowser<Page extends ExplorablePage> {
  newContext(options: object): Promise<{ newPage(): Promise<Page>; close(): Promise<unknown> }>
}

/** What a running test of Playwright tells of itself. */
export interface ExploringTest {
  readonly timeout: number
  setTimeout(ms: number): void
  attach(name: string, options: { body: string; contentType: string }): Promise<void>
}

/** What a test of a page gets in each run. */
export interface PageContext<Page> extends ExploreContext {
  /** A page of its own, in a context of its own. */
  readonly page: Page
}

/** How a test of a page is explored. */
export interface PageOptions<Page, Result> extends Omit<ExploreOptions<Result>, 'sameEnd' | 'timers'> {
  /** What has to be the same at the end of every order, as JSON. Default: nothing. */
  sameEnd?: (end: { page: Page; mock: RunnerMock; result: Result }) => unknown
  /** Milliseconds of the mock's time that pass at once where it has no timer: the page may have one. Default 1000. */
  tickMs?: number
}

/** Runs a test of a page in every order that HTTP and time allow; see `explore` of `opik-runner-kit/explore`. */
export type ExplorePages<Page> = <Result>(
  test: (context: PageContext<Page>) => Result | Promise<Result>,
  options?: PageOptions<Page, Result>,
) => Promise<Exploration>

/** The fixtures by their names. */
export interface ExploreFixtures<Page> {
  explore: ExplorePages<Page>
}

/**
 * Fixtures for `test.extend`. `explore` attaches the story and the sequence diagram of an order that fails.
 * @example
 * import { exploreFixtures, type ExploreFixtures } from 'opik-runner-kit/playwright'
 *
 * // const test = base.extend<ExploreFixtures<Page>>(exploreFixtures)
 * export const fixtures: { explore: unknown } = exploreFixtures
 * export type Fixtures<Page> = ExploreFixtures<Page>
 */
export const exploreFixtures = {
  async explore<Page extends ExplorablePage>(
    // Playwright reads which fixtures are needed off this pattern.
    { browser, baseURL }: { browser: ExplorableBrowser<Page>; baseURL?: string | undefined },
    use: (explore: ExplorePages<Page>) => Promise<void>,
    test: ExploringTest,
  ): Promise<void> {
    await use(async (run, options = {}) => {
      const { seconds = DEFAULT_SECONDS } = options
      test.setTimeout(test.timeout + 1000 * seconds)
      const runOrder = (plan: OrderPlan): Promise<OrderRun> => runPage({ browser, baseURL }, run, plan, options)
      try {
        return await exploreOrThrow(runOrder, { ...options, seconds })
      } catch (error) {
        if (error instanceof ExploreError) {
          const { story, svg } = error.finding
          await test.attach('order.txt', { body: story.join('\n'), contentType: 'text/plain' })
          await test.attach('order.svg', { body: svg, contentType: 'image/svg+xml' })
        }
        throw error
      }
    })
  },
}

const DEFAULT_SECONDS = 30

async function runPage<Page extends ExplorablePage, Result>(
  { browser, baseURL }: { browser: ExplorableBrowser<Page>; baseURL?: string | undefined },
  run: (context: PageContext<Page>) => Result | Promise<Result>,
  plan: OrderPlan,
  options: PageOptions<Page, Result>,
): Promise<OrderRun> {
  const { sameEnd } = options
  const held = createHeldMock({ now: START, frozen: true, ...options.mock })
  const context = await browser.newContext(baseURL === undefined ? {} : { baseURL })
  try {
    await held.mock.ready
    const page = await context.newPage()
    const unhandled: unknown[] = []
    page.on('pageerror', (error) => unhandled.push(error))
    await answerBy(held, page)
    await page.clock.install({ time: new Date(held.clock.now() - MARGIN_MS).toISOString() })
    await page.clock.pauseAt(held.clock.iso())
    const surroundings = timeOf(page, held, options)
    return await runHeld((given) => run({ ...given, page }), {
      ...{ plan, held, surroundings, unhandled },
      options: { ...options, sameEnd: sameEnd && ((end) => sameEnd({ ...end, page })) },
    })
  } finally {
    await context.close()
    await held.mock.close()
  }
}

/** The clock of a page can only be stopped later than it begins. */
const MARGIN_MS = 1000

async function answerBy({ mock }: HeldMock, page: ExplorablePage): Promise<void> {
  const open = new Map<PageRequest, AbortController>()
  page.on('requestfailed', (request) => open.get(request)?.abort())
  const isOfApi = (url: URL): boolean => readApiUrl('GET', url.href) !== undefined
  await page.route(isOfApi, async (route) => {
    const request = route.request()
    const hangUp = new AbortController()
    open.set(request, hangUp)
    const headers = await request.allHeaders().catch(() => ({}))
    const body = request.postDataBuffer() ?? undefined
    const exchange: ApiRequest = { method: request.method(), url: request.url(), headers, body, signal: hangUp.signal }
    const { status, headers: sent, body: text, connection, delivery } = await mock.handle(exchange)
    open.delete(request)
    const answered =
      connection === undefined ? route.fulfill({ status, headers: sent, body: text }) : route.abort('connectionreset')
    await answered.catch(() => delivery?.failed())
  })
}

/** A page is at rest when it has run what it can, and asks nothing for so long. */
const DEFAULT_QUIET_MS = 20
const DEFAULT_TICK_MS = 1000

function timeOf(
  page: ExplorablePage,
  { clock }: HeldMock,
  { quietMs = DEFAULT_QUIET_MS, tickMs = DEFAULT_TICK_MS }: Pick<PageOptions<unknown, unknown>, 'quietMs' | 'tickMs'>,
): Surroundings {
  return {
    async rest() {
      // A page that goes elsewhere meanwhile is not at rest, which the calls of the next one show.
      await page.evaluate(TURN_OF_PAGE).catch(() => undefined)
      await clock.advance({})
      await pauseFor(quietMs)
    },
    now: () => clock.now(),
    nextTimer: () => Math.min(clock.nextDue(), clock.now() + tickMs),
    async passTo(time) {
      await page.clock.runFor(time - clock.now())
      await clock.set(time)
    },
    patienceMs: Infinity,
    unknownWaitMs: 300,
  }
}
