/** Which dialog lies over the page. */
import { signal } from '@preact/signals'

/** A dialog with what it is about. */
export type Overlay =
  | { readonly name: 'pair' }
  | { readonly name: 'new-job'; readonly runner: string; readonly agent?: string }
  | { readonly name: 'new-command'; readonly runner: string }
  | { readonly name: 'report-job'; readonly job: string }
  | { readonly name: 'report-command'; readonly command: string }
  | { readonly name: 'disconnect' | 'evict'; readonly runner: string }
  | { readonly name: 'register-agents'; readonly runner: string }
  | { readonly name: 'new-fault' }
  | { readonly name: 'deeds' }
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
