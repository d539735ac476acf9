/** `serve --open`: a page in the user's browser, by the command that each system has for that. */
import { spawn } from 'node:child_process'

/** Opens a page. The browser is its user's, and lives on when this process ends; `tell` hears that none was found. */
export function openPage(url: string, tell: (trouble: string) => void): void {
  const [command = '', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  opener.on('error', () => tell(`No browser could be opened; the console is on ${url}`))
  opener.unref()
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
