/** The presets of faults, what starts and ends faults, and what a fault does in words. */
import { signal } from '@preact/signals'
import { act, ADMIN, readAdmin } from './admin-api.js'
import type { CurlCall } from './to-curl.js'
import { memberOf, objectsAt, textAt, type JsonObject } from '../../kernel/json-value.js'

export const presets = signal<readonly JsonObject[]>([])

export async function readPresets(): Promise<void> {
  if (presets.value.length > 0) return
  const { body } = await readAdmin('/faults/presets')
  presets.value = objectsAt(body, 'presets')
}

export function injectionOf(body: unknown): CurlCall {
  return { method: 'POST', path: `${ADMIN}/faults`, body }
}

/** Clears one fault, all of a preset, or everything. */
export async function clear(id?: string): Promise<void> {
  const path = id === undefined ? '/faults' : `/faults/${encodeURIComponent(id)}`
  await act(id === undefined ? 'Clear all faults' : `Clear ${id}`, { method: 'DELETE', path: ADMIN + path })
}

export function describeFault(fault: JsonObject): string {
  const whom = [
    listed(memberOf(fault, 'operation')) || listed(memberOf(fault, 'method')) || 'every request',
    textAt(fault, 'path') === '' ? '' : `to ${textAt(fault, 'path')}`,
    textAt(fault, 'runner') === '' ? '' : `about one runner`,
  ].filter((part) => part !== '')
  return `${effectOf(fault)} on ${whom.join(' ')}${limitOf(fault)}`
}

function listed(value: unknown): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(', ') : ''
}

function effectOf(fault: JsonObject): string {
  const effects = [
    delayOf('waits', memberOf(fault, 'delay')),
    delayOf('holds all answers back for', memberOf(fault, 'hold')),
    memberOf(fault, 'status') === undefined ? '' : `answers ${String(memberOf(fault, 'status'))}`,
    memberOf(fault, 'hang') === undefined ? '' : 'hangs',
    textAt(fault, 'drop') === '' ? '' : `drops the connection ${textAt(fault, 'drop')} it takes effect`,
    textAt(fault, 'body') === '' ? '' : `${textAt(fault, 'body')} body`,
    memberOf(fault, 'duplicate') === true ? 'hands out twice' : '',
    memberOf(fault, 'evict') === true ? 'evicts' : '',
  ]
  return effects.filter((effect) => effect !== '').join(', ')
}

function delayOf(what: string, delay: unknown): string {
  const [ms, from, to] = ['ms', 'from', 'to'].map((name) => memberOf(delay, name))
  if (typeof ms === 'number') return `${what} ${ms} ms`
  return typeof from === 'number' && typeof to === 'number' ? `${what} ${from} to ${to} ms` : ''
}

function limitOf(fault: JsonObject): string {
  const probability = memberOf(fault, 'probability')
  const remaining = memberOf(fault, 'remaining')
  const share = typeof probability === 'number' ? `, ${Math.round(probability * 100)}% of the time` : ''
  return `${share}${typeof remaining === 'number' ? `, ${remaining} more times` : ''}`
}
