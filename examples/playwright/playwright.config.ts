import { defineConfig } from '@playwright/test'

const apiPort = Number(process.env.OPIK_PORT ?? 5173)
const appPort = Number(process.env.APP_PORT ?? 5174)
/** A Chromium of your system; without it Playwright takes its own (`npx playwright install chromium`). */
const executablePath = process.env.CHROMIUM_PATH

export default defineConfig({
  testDir: 'tests',
  // One server for all tests, and in it a world for each.
  fullyParallel: true,
  forbidOnly: process.env.CI !== undefined,
  use: {
    baseURL: `http://127.0.0.1:${appPort}`,
    trace: 'retain-on-failure',
    launchOptions: executablePath === undefined ? {} : { executablePath },
  },
  webServer: [
    {
      name: 'opik',
      command: `npx opik-runner-kit serve --port ${apiPort}`,
      url: `http://127.0.0.1:${apiPort}/__admin/health`,
    },
    {
      // The example next door, as it would go to production. Put the app that you test in its place.
      name: 'app',
      command: `npm run build && npm run preview -- --host 127.0.0.1 --port ${appPort}`,
      cwd: '../react-playground',
      env: { OPIK_URL: `http://127.0.0.1:${apiPort}` },
      url: `http://127.0.0.1:${appPort}`,
    },
  ],
  metadata: { admin: `http://127.0.0.1:${apiPort}/__admin` },
})
