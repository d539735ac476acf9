// Somebody who opens pages in the real browser: a profile of their own, and an eye on everything that goes wrong there.
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect, inject, onTestFinished, vi, type TestContext } from 'vitest'

/** A visitor has storage and service workers of their own; the pages that they open are tabs of one browser. */
export interface Visitor {
  /** Opens a tab. */
  open(url: string): Promise<Page>
  /** For what `open` has no name for. */
  readonly context: BrowserContext
  /** What has gone wrong so far, and was not expected: errors on the console, uncaught errors, failed requests. */
  readonly problems: readonly string[]
  /**
   * Lets problems pass that match, because a test provokes them. Each pattern must meet one before the test ends.
   * @param pattern a status of an answer, or what the text of the problem has, where that cannot be met by chance in the
   *   address that Chromium adds to it: ports and ids have digits too
   */
  expectProblem(pattern: RegExp | number): void
  /** Lets problems pass that match, whether any comes or not. */
  tolerateProblem(pattern: RegExp | number): void
}

/**
 * Brings a visitor for the running test. When the test is over their tabs are closed, and it fails if anything went
 * wrong in a page that `expectProblem` did not announce.
 * @param test the running one, where several run at once
 */
export async function visit(
  options: BrowserContextOptions = {},
  test: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Promise<Visitor> {
  const browser = await chromium.connect(inject('chromium'))
  test.onTestFinished(() => browser.close())
  const context = await browser.newContext(options)
  // A ceiling that only what hangs can reach.
  context.setDefaultTimeout(120_000)
  const watch = watchProblems(context)
  test.onTestFinished(() => watch.judge())
  return {
    context,
    problems: watch.problems,
    expectProblem: watch.expectProblem,
    tolerateProblem: watch.tolerateProblem,
    async open(url) {
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
  }
}

function watchProblems(context: BrowserContext) {
  const problems: string[] = []
  const expected: { pattern: RegExp; isMet: boolean }[] = []
  const note = (problem: string): void => {
    const expectation = expected.find(({ pattern }) => pattern.test(problem))
    if (expectation === undefined) problems.push(problem)
    else expectation.isMet = true
  }
  context.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (event) => note(`uncaught: ${String(event.error().stack ?? event.error())}`))
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // Whoever leaves a page hangs up on what it still waits for.
    if (reason !== 'net::ERR_ABORTED') note(`request: ${request.method()} ${request.url()}: ${reason}`)
  })
  return {
    problems,
    expectProblem: (pattern: RegExp | number): void =>
      void expected.push({ pattern: patternOf(pattern), isMet: false }),
    tolerateProblem: (pattern: RegExp | number): void =>
      void expected.push({ pattern: patternOf(pattern), isMet: true }),
    async judge(): Promise<void> {
      const unmet = () => expected.filter(({ isMet }) => !isMet).map(({ pattern }) => `never happened: ${pattern}`)
      // What a page shows and what its console says come by different ways, in either order.
      await vi.waitFor(() => expect(unmet()).toEqual([]), { timeout: 30_000, interval: 20 })
      expect(problems).toEqual([])
    },
  }
}

/** The problem of an answer as Chromium words it. */
function patternOf(pattern: RegExp | number): RegExp {
  return typeof pattern === 'number' ? new RegExp(`responded with a status of ${pattern}\\b`) : pattern
}
