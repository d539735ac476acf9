// Where Chromium is and how it is started, for everything that drives a real browser: tests, screenshots, measurements.
import { existsSync } from 'node:fs'

/** What a Chromium needs in a container, and what keeps it from calling home. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Options for playwright-core's `chromium.launch` and `launchServer`; each launch gets a new profile of its own. */
export const launchOptions = () => ({ executablePath: chromiumPath(), args: flags })

const chromiumPath = () => process.env.KIT_CHROMIUM ?? '/usr/bin/chromium'

/** One line that says what to install, or undefined when Chromium is there. */
export function missingChromium() {
  const path = chromiumPath()
  if (existsSync(path)) return undefined
  return `There is no Chromium at ${path}: run "apt-get install chromium", or set KIT_CHROMIUM to the path of one.`
}
