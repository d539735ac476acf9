// Combinations of limits such that any two values of any two settings meet in at least one of them.
import { createRandomness } from '../../../src/contracts/run/check-context.js'
import type { SettingName } from '../../../src/lifecycle/table.js'

type Levels = Readonly<Record<SettingName, readonly number[]>>
type Row = Partial<Record<SettingName, number>>

/** The smallest that leave anything to be seen, small ones, the defaults, large ones. */
export const levels: Levels = {
  heartbeat_ttl_seconds: [5, 8, 15, 120],
  next_job_poll_timeout_seconds: [1, 4, 10, 60],
  bridge_poll_timeout_seconds: [1, 5, 30, 90],
  reaper_interval_seconds: [1, 5, 60, 300],
  dead_runner_purge_seconds: [1, 30, 86_400, 604_800],
  job_timeout_seconds: [5, 60, 1800, 86_400],
  completed_job_ttl_seconds: [5, 600, 604_800, 1_209_600],
  bridge_default_command_timeout_seconds: [1, 10, 30, 60],
  bridge_max_command_timeout_seconds: [1, 20, 120, 600],
  bridge_completed_command_ttl_seconds: [5, 120, 3600, 86_400],
  max_pending_jobs_per_runner: [1, 7, 100, 400],
  max_agents_per_runner: [1, 5, 50, 200],
  max_log_entries_per_batch: [1, 20, 1000, 3000],
  bridge_max_pending_per_runner: [1, 21, 50, 200],
  bridge_max_commands_per_minute: [1, 60, 600, 1500],
  bridge_max_write_commands_per_minute: [1, 25, 120, 900],
  bridge_max_payload_bytes: [256, 4096, 1_048_576, 2_097_152],
}

const CANDIDATES = 60

/** Rows of a covering array: one after the other the best of some random ones, until each pair of values has occurred. */
export function pairwise(seed: number): Row[] {
  const names = Object.keys(levels).filter((name): name is SettingName => Object.hasOwn(levels, name))
  const random = createRandomness(seed, 'pairwise', 0)
  const uncovered = new Set<string>()
  for (const [at, one] of names.entries()) {
    for (const other of names.slice(at + 1)) {
      for (const a of levels[one]) for (const b of levels[other]) uncovered.add(keyOf(one, a, other, b))
    }
  }
  const pairsOf = (row: Row): string[] =>
    names.flatMap((one, at) => names.slice(at + 1).map((other) => keyOf(one, row[one], other, row[other])))
  /** Settings in random order, each with the value that meets most of the others for the first time. */
  const candidate = (): Row => {
    const row: Row = {}
    const order = names.map((name) => ({ name, place: random.next() })).toSorted((a, b) => a.place - b.place)
    for (const { name } of order) {
      const gains = levels[name].map((value) => ({
        value,
        gain: names.filter((other) => row[other] !== undefined && isNew(name, value, other, row[other])).length,
        tie: random.next(),
      }))
      const [best] = gains.toSorted((a, b) => b.gain - a.gain || a.tie - b.tie)
      if (best !== undefined) row[name] = best.value
    }
    return row
  }
  const isNew = (one: SettingName, a: number, other: SettingName, b: number | undefined): boolean =>
    uncovered.has(names.indexOf(one) < names.indexOf(other) ? keyOf(one, a, other, b) : keyOf(other, b, one, a))
  const rows: Row[] = []
  while (uncovered.size > 0) {
    const best = Array.from({ length: CANDIDATES }, candidate)
      .map((row) => ({ row, pairs: pairsOf(row).filter((pair) => uncovered.has(pair)) }))
      .reduce((a, b) => (b.pairs.length > a.pairs.length ? b : a))
    for (const pair of best.pairs) uncovered.delete(pair)
    rows.push(best.row)
  }
  return rows
}

function keyOf(one: string, a: number | undefined, other: string, b: number | undefined): string {
  return `${one}=${a},${other}=${b}`
}
