import { test as base, expect } from '@playwright/test'

/** What a test may do with the mock server: its admin API, see the README of opik-runner-kit. */
export interface Backend {
  freeze(): Promise<void>
  advance(seconds: number): Promise<void>
  inject(fault: object): Promise<void>
  clearFaults(): Promise<void>
}

/**
 * Playwright's `test`, with a world of its own in the backend: a header on all requests of page and test names it. Tests
 * may run at the same time and in any order.
 */
export const test = base.extend<{ world: string; backend: Backend }>({
  world: async ({ browserName }, use, { testId, retry }) => use(`${browserName}-${testId}-${retry}`),
  extraHTTPHeaders: async ({ world }, use) => use({ 'X-Mock-World': world }),
  backend: [
    async ({ request, world }, use, { config }) => {
      const call = async (method: string, path: string, data?: object) => {
        const response = await request.fetch(`${config.metadata.admin}${path}`, { method, data })
        expect(response, await response.text()).toBeOK()
      }
      await call('GET', '/health')
      await use({
        freeze: () => call('POST', '/clock/freeze'),
        advance: (seconds) => call('POST', '/clock/advance', { seconds }),
        inject: (fault) => call('POST', '/faults', fault),
        clearFaults: () => call('DELETE', '/faults'),
      })
      await call('DELETE', `/worlds/${world}`)
    },
    { auto: true },
  ],
})

export { expect }
