import { test as base, expect } from '@playwright/test'

/** What a test may do with the mock server: its admin API, see the README of opik-runner-kit. */
export interface Backend {
  freeze(): Promise<void>
  advance(seconds: number): Promise<void>
  inject(fault: object): Promise<void>
  clearFaults(): Promise<void>
}

/** Playwright's `test`, with a backend that is as new at the start of each test. */
export const test = base.extend<{ backend: Backend }>({
  backend: [
    async ({ request }, use, { config }) => {
      const call = async (method: string, path: string, data?: object) => {
        const response = await request.fetch(`${config.metadata.admin}${path}`, { method, data })
        expect(response, await response.text()).toBeOK()
      }
      await call('POST', '/reset')
      await use({
        freeze: () => call('POST', '/clock/freeze'),
        advance: (seconds) => call('POST', '/clock/advance', { seconds }),
        inject: (fault) => call('POST', '/faults', fault),
        clearFaults: () => call('DELETE', '/faults'),
      })
    },
    { auto: true },
  ],
})

export { expect }
