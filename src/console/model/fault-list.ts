/** The presets of faults, what starts and ends faults, and what a fault does in words. */
import { signal } from '@preact/signals'
import { act, ADMIN, readAdmin } from './admin-api.js'
import type { CurlCall } from './to-curl.js'
import type { FaultStateView } from '../../kernel/admin-views.js'
import { objectsAt, type JsonObject } from '../../kernel/json-value.js'

export const presets = signal<readonly JsonObject[]>([])

export async function readPresets(): Promise<void> {
  if (presets.value.length > 0) return
  const { body } = await readAdmin('/faults/presets')
  presets.value = objectsAt(body, 'presets')
}

export function injectionOf(body: unknown): CurlCall {
  return { method: 'POST', path: `${ADMIN}/faults`, body }
}

export async function clear(id?: string): Promise<void> {
  const path = id === undefined ? '/faults' : `/faults/${encodeURIComponent(id)}`
  await act(id === undefined ? 'Clear all faults' : `Clear ${id}`, { method: 'DELETE', path: ADMIN + path })
}

export function describeFault(fault: FaultStateView): string {
  const { operation, method, path, runner, probability, remaining } = fault
  const whom = [
    listed(operation) || listed(method) || 'every request',
    path === undefined ? '' : `to ${path}`,
    runner === undefined ? '' : 'about one runner',
  ].filter((part) => part !== '')
  const share = probability === undefined ? '' : `, ${Math.round(probability * 100)}% of the time`
  const limit = remaining === undefined ? '' : `, ${remaining} more times`
  return `${effectOf(fault)} on ${whom.join(' ')}${share}${limit}`
}

function listed(names: string | readonly string[] | undefined): string {
  return [names ?? []].flat().join(', ')
}

function effectOf({ delay, hold, status, hang, drop, body, duplicate, evict }: FaultStateView): string {
  const effects = [
    delayOf('waits', delay),
    delayOf('holds all answers back for', hold),
    status === undefined ? '' : `answers ${status}`,
    hang === undefined ? '' : 'hangs',
    drop === undefined ? '' : `drops the connection ${drop} it takes effect`,
    body === undefined ? '' : `${body} body`,
    duplicate === true ? 'hands out twice' : '',
    evict === true ? 'evicts' : '',
  ]
  return effects.filter((effect) => effect !== '').join(', ')
}

function delayOf(what: string, delay: FaultStateView['delay']): string {
  if (delay === undefined) return ''
  return 'ms' in delay ? `${what} ${delay.ms} ms` : `${what} ${delay.from} to ${delay.to} ms`
}
