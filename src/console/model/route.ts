/**
 * What is shown: the page that the address names after `#`, read and written in one place, so that every view can be linked
 * to; and the dialog that lies over it.
 */
import { signal } from '@preact/signals'

/** The pages. */
export const pages = ['world', 'traces', 'timeline', 'requests', 'coverage', 'orders', 'controls'] as const

export type PageName = (typeof pages)[number]

/** What is shown: a page, and what is open on it. */
export interface Route {
  readonly page: PageName
  readonly runner?: string
  readonly job?: string
  readonly command?: string
  readonly trace?: string
  /** Id of a journal entry. */
  readonly request?: string
}

/** The current route. */
export const route = signal<Route>(parseRoute(location.hash))

/** Follows the address bar. */
export function followAddress(): void {
  addEventListener('hashchange', () => (route.value = parseRoute(location.hash)))
}

/** Shows something else; `replace` leaves no step to come back to. */
export function go(next: Route, how: 'push' | 'replace' = 'push'): void {
  const address = hrefOf(next)
  if (address === location.hash) return
  if (how === 'push') history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  route.value = next
}

/** The address of a route. */
export function hrefOf({ page, runner, job, command, trace, request }: Route): string {
  const parts: string[] = [page]
  if (runner !== undefined) parts.push('runner', runner)
  if (job !== undefined) parts.push('job', job)
  if (command !== undefined) parts.push('command', command)
  if (trace !== undefined) parts.push('trace', trace)
  if (request !== undefined) parts.push('request', request)
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

function parseRoute(hash: string): Route {
  const [page = '', ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode)
  const route: Record<string, string> = {}
  for (let place = 0; place + 1 < rest.length; place += 2) {
    const [name = '', value = ''] = [rest[place], rest[place + 1]]
    if (['runner', 'job', 'command', 'trace', 'request'].includes(name) && value !== '') route[name] = value
  }
  return { page: isPage(page) ? page : 'world', ...route }
}

function isPage(name: string): name is PageName {
  return pages.some((page) => page === name)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** A dialog with what it is about. */
type Overlay =
  | { readonly name: 'pair' }
  | { readonly name: 'new-job'; readonly runner: string; readonly agent?: string }
  | { readonly name: 'new-command'; readonly runner: string }
  | { readonly name: 'report-job'; readonly job: string }
  | { readonly name: 'report-command'; readonly command: string }
  | { readonly name: 'disconnect' | 'evict'; readonly runner: string }
  | { readonly name: 'register-agents'; readonly runner: string }
  | { readonly name: 'new-fault' }
  | { readonly name: 'actions' }
  | { readonly name: 'keys' }

export const overlay = signal<Overlay | undefined>(undefined)

/** Puts a dialog over the page. */
export function show(next: Overlay): void {
  overlay.value = next
}

/** Takes it away. */
export function closeOverlay(): void {
  overlay.value = undefined
}
