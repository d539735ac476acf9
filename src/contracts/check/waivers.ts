/** Failures that somebody has accepted, each with a reason and perhaps an end. A waiver that is not needed is told. */
import { expectForm } from '../../kernel/form.js'
import { WaiversFile as form } from '../../generated/kit-node.js'
import type { Verdict, Waiver, WaiverNotice, WaiversFile } from '../../generated/kit-schema.js'

export type { Waiver, WaiverNotice } from '../../generated/kit-schema.js'

/** Waivers of one run; remembers which were used. */
export interface Waivers {
  /** The verdict with the waivers applied. */
  apply(checkId: string, verdict: Verdict): Verdict
  /** Notices, once all checks are done. `ran` are the ids of checks with a judgement, `known` all ids that there are. */
  notices(ran: ReadonlySet<string>, known: ReadonlySet<string>): WaiverNotice[]
}

/**
 * Reads waivers from parsed YAML or JSON: a list, or an object with a list `waivers`.
 * @throws KitError `waivers/form` when an entry lacks its id or reason, has a date that is none or an unknown member.
 */
export function parseWaivers(value: unknown): Waiver[] {
  const given = withDays(value)
  expectForm(form, given, 'the waivers', 'waivers/form')
  return isWaivers(given) ? ('waivers' in given ? [...given.waivers] : [...given]) : []
}

/** What `expectForm` has let pass. */
function isWaivers(value: unknown): value is WaiversFile {
  return typeof value === 'object' && value !== null
}

/** YAML reads an unquoted day as text; other readers give a time. */
function withDays(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (Array.isArray(value)) return value.map(withDays)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDays(member)]))
}

/** Prepares waivers for a run on `today` (`YYYY-MM-DD`); `requirementOf` names what a check judges. */
export function createWaivers(
  waivers: readonly Waiver[],
  today: string,
  requirementOf: (checkId: string) => string | undefined = () => undefined,
): Waivers {
  const covers = ({ id }: Waiver, checkId: string): boolean =>
    id === checkId || (id.endsWith('/*') && checkId.startsWith(id.slice(0, -1))) || id === requirementOf(checkId)
  const used = new Set<Waiver>()
  const isActive = ({ expires }: Waiver): boolean => expires === undefined || expires >= today
  return {
    apply(checkId, verdict) {
      if (verdict.kind !== 'failed') return verdict
      // Each that covers it is needed, whichever of them is named.
      const fitting = waivers.filter((each) => covers(each, checkId) && isActive(each))
      const [waiver] = fitting
      if (waiver === undefined) return verdict
      for (const each of fitting) used.add(each)
      return { kind: 'waived', reason: waiver.reason, findings: verdict.findings }
    },
    notices(ran, known) {
      return waivers.flatMap((waiver) => {
        const meant = [...known].filter((id) => covers(waiver, id))
        const hasRun = meant.some((id) => ran.has(id))
        return noticeOf(waiver, {
          isKnown: meant.length > 0,
          isActive: isActive(waiver),
          isNeedless: hasRun && !used.has(waiver),
        })
      })
    },
  }
}

interface WaiverState {
  isKnown: boolean
  isActive: boolean
  isNeedless: boolean
}

function noticeOf({ id, expires }: Waiver, { isKnown, isActive, isNeedless }: WaiverState): WaiverNotice[] {
  if (!isKnown) return [{ id, kind: 'unknown', message: `There is no check ${id}.` }]
  if (!isActive) return [{ id, kind: 'expired', message: `The waiver of ${id} ended on ${expires ?? ''}.` }]
  return isNeedless ? [{ id, kind: 'needless', message: `${id} passes; its waiver can go.` }] : []
}
