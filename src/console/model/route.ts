/**
 * What is shown: the page that the address names after `#`, read and written in one place, so that every view can be linked
 * to; and the dialog that lies over it.
 */
import { signal } from '@preact/signals'
import type { VNode } from 'preact'

export const pages = ['world', 'traces', 'timeline', 'requests', 'coverage', 'orders', 'controls'] as const
/** The key of each page, after `g`. */
export const PAGE_KEYS = 'watrcos'

export type PageName = (typeof pages)[number]

/** What can be open on a page; a request by the id of its journal entry. */
const SUBJECTS = ['runner', 'job', 'command', 'trace', 'request'] as const

export interface Route extends Readonly<Partial<Record<(typeof SUBJECTS)[number], string>>> {
  readonly page: PageName
}

export const route = signal<Route>(parseRoute(location.hash))

addEventListener('hashchange', () => (route.value = parseRoute(location.hash)))

/** Shows something else; `replace` leaves no step to come back to. */
export function go(next: Route, how: 'push' | 'replace' = 'push'): void {
  const address = hrefOf(next)
  if (address === location.hash) return
  if (how === 'push') history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  route.value = next
}

/** Closes what is open beside the lists; the runner stays. */
export function closeDetail(): void {
  const { page, runner } = route.value
  go({ page, ...(runner === undefined ? {} : { runner }) })
}

export function hrefOf(to: Route): string {
  const open = SUBJECTS.flatMap((name) => (to[name] === undefined ? [] : [name, to[name]]))
  return `#/${[to.page, ...open].map(encodeURIComponent).join('/')}`
}

function parseRoute(hash: string): Route {
  const [named = '', ...rest] = hash.replace(/^#\/?/, '').split('/').map(decode)
  const page = pages.find((each) => each === named) ?? 'world'
  const open: Record<string, string> = {}
  for (const [place, name] of rest.entries()) {
    const id = rest[place + 1] ?? ''
    if (place % 2 === 0 && SUBJECTS.some((each) => each === name) && id !== '') open[name] = id
  }
  return { page, ...open }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

export const overlay = signal<VNode | undefined>(undefined)

export function show(dialog: VNode): void {
  overlay.value = dialog
}

export function closeOverlay(): void {
  overlay.value = undefined
}
