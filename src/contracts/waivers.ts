/** Failures that somebody has accepted, each with a reason and perhaps an end. A waiver that is not needed is told. */
import { KitError } from '../errors.js'
import type { Verdict } from './check.js'

/** One accepted failure. */
export interface Waiver {
  /** A check's id, or `area/*` for a whole area. */
  id: string
  reason: string
  /** Last day on which it holds, `YYYY-MM-DD`. Default: it has no end. */
  expires?: string | undefined
}

/** Something that its author should know about a waiver. */
export interface WaiverNotice {
  id: string
  kind: 'needless' | 'expired' | 'unknown'
  message: string
}

/** Waivers of one run; remembers which were used. */
export interface Waivers {
  /** The verdict with the waivers applied. */
  apply(checkId: string, verdict: Verdict): Verdict
  /** Notices, once all checks are done. `ran` are the ids of checks with a judgement, `known` all ids that there are. */
  notices(ran: ReadonlySet<string>, known: ReadonlySet<string>): WaiverNotice[]
}

/**
 * Reads waivers from parsed YAML or JSON: a list, or an object with a list `waivers`.
 * @throws KitError `waivers/form` when an entry lacks its id or reason, or has a date that is none.
 */
export function parseWaivers(value: unknown): Waiver[] {
  const list: unknown = typeof value === 'object' && value !== null && 'waivers' in value ? value.waivers : value
  if (!Array.isArray(list)) throw badWaiver(value)
  return list.map((entry: unknown) => {
    const id = readText(entry, 'id')
    const reason = readText(entry, 'reason')
    const expires = readText(entry, 'expires')
    if (id === undefined || reason === undefined || reason.trim() === '') throw badWaiver(entry)
    if (expires !== undefined && !isDay(expires)) throw badWaiver(entry)
    return { id, reason, expires }
  })
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

function readText(from: unknown, name: string): string | undefined {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined
  // YAML reads an unquoted day as text; JSON writers may give a time.
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return typeof value === 'string' ? value : undefined
}

function badWaiver(entry: unknown): KitError {
  return new KitError('waivers/form', {
    failed: 'A waivers file must be a list of entries with an id, a reason and perhaps an expiry date.',
    value: JSON.stringify(entry),
    fix: 'For example: - { id: job-next/fifo, reason: "known, OPIK-123", expires: 2026-12-31 }',
  })
}

/** Prepares waivers for a run on `today` (`YYYY-MM-DD`). */
export function createWaivers(waivers: readonly Waiver[], today: string): Waivers {
  const used = new Set<Waiver>()
  const isActive = ({ expires }: Waiver): boolean => expires === undefined || expires >= today
  return {
    apply(checkId, verdict) {
      if (verdict.kind !== 'failed') return verdict
      const waiver = waivers.find((each) => covers(each, checkId) && isActive(each))
      if (waiver === undefined) return verdict
      used.add(waiver)
      return { kind: 'waived', reason: waiver.reason, findings: verdict.findings }
    },
    notices(ran, known) {
      return waivers.flatMap((waiver) => noticeOf(waiver, isActive(waiver), used.has(waiver), { ran, known }))
    },
  }
}

function covers({ id }: Waiver, checkId: string): boolean {
  return id === checkId || (id.endsWith('/*') && checkId.startsWith(id.slice(0, -1)))
}

function noticeOf(
  waiver: Waiver,
  isActive: boolean,
  isUsed: boolean,
  ids: { ran: ReadonlySet<string>; known: ReadonlySet<string> },
): WaiverNotice[] {
  const { id, expires } = waiver
  const hasAny = (set: ReadonlySet<string>): boolean => [...set].some((each) => covers(waiver, each))
  if (!hasAny(ids.known)) return [{ id, kind: 'unknown', message: `There is no check ${id}.` }]
  if (!isActive) return [{ id, kind: 'expired', message: `The waiver of ${id} ended on ${expires ?? ''}.` }]
  if (!isUsed && hasAny(ids.ran)) return [{ id, kind: 'needless', message: `${id} passes; its waiver can go.` }]
  return []
}
