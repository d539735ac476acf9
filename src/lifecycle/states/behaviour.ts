/**
 * How the server of a small world behaves: tables, settings, and what it does otherwise. Those of the spec, or others, so that
 * a walk can show what a quirk or a broken rule leads to.
 */
import { quirks, type QuirkEntry, type QuirkId } from '../../generated/quirks.js'
import { rules } from '../../generated/lifecycle-tables.js'
import {
  candidatesOf,
  indexRules,
  listCandidates,
  settingDefaults,
  type Candidate,
  type MachineName,
  type Rule,
} from '../table.js'
import type { TimerLimits } from '../timers.js'

/** The rules of every machine. */
export type Tables = Readonly<Record<MachineName, readonly Rule[]>>

/** A quirk that a small world can have: one that breaks an invariant. */
export type WalkedQuirk = {
  [Id in QuirkId]: (typeof quirks)[Id] extends { readonly breaks: readonly string[] } ? Id : never
}[QuirkId]

export const walkedQuirks: readonly WalkedQuirk[] = Object.keys(quirks).filter(isWalked)

function isWalked(id: string): id is WalkedQuirk {
  const table: Readonly<Record<string, QuirkEntry>> = quirks
  return table[id]?.breaks !== undefined
}

/** What a broken server may do that is no quirk of a known one, where no table says otherwise. */
export type Defect = 'creations-wake-no-poll' | 'owners-not-told-apart'

export type Behaviour = ReturnType<typeof createBehaviour>

/**
 * Settings of the walk, in seconds. Time passes in steps of twenty, and the reaper looks in the middle of each: every timer
 * ends between two calls, and none ends together with another one that it could disturb.
 */
export const STEP_SECONDS = 20
export const walkLimits: TimerLimits = {
  ...settingDefaults(),
  heartbeat_ttl_seconds: 25,
  next_job_poll_timeout_seconds: 15,
  bridge_poll_timeout_seconds: 15,
  reaper_interval_seconds: STEP_SECONDS,
  dead_runner_purge_seconds: 15,
  job_timeout_seconds: 25,
  completed_job_ttl_seconds: 35,
  bridge_default_command_timeout_seconds: 1,
  bridge_max_command_timeout_seconds: 15,
  bridge_completed_command_ttl_seconds: 35,
  max_pending_jobs_per_runner: 2,
  bridge_max_pending_per_runner: 2,
}

/** A behaviour by the tables of the spec and the settings of the walk, as far as nothing else is given. */
export function createBehaviour(
  parts: { tables?: Tables; deviations?: readonly (WalkedQuirk | Defect)[]; limits?: TimerLimits } = {},
) {
  const { tables = rules, deviations = [], limits = walkLimits } = parts
  const index = indexRules(listCandidates(tables))
  const has = new Set<string>(deviations)
  const rounds = 3 * limits.reaper_interval_seconds
  return {
    limits,
    /** Seconds of silence, and of work, beyond which nothing new can happen. */
    maxSilence: limits.dead_runner_purge_seconds + rounds,
    maxAge: Math.max(limits.job_timeout_seconds, limits.bridge_max_command_timeout_seconds) + rounds,
    /** Whether it has a quirk or a defect. */
    has: (deviation: QuirkId | Defect): boolean => has.has(deviation),
    /** The rules for a trigger in a state, in the order of the table. */
    rulesFor: (machine: MachineName, state: string, trigger: string): readonly Candidate[] =>
      candidatesOf(machine, trigger, index).get(state) ?? [],
  }
}
