// The walk through small worlds: what holds by the rules, and what breaks when a rule, an effect or a quirk is put in.
import { describe, expect, it } from 'vitest'
import { accidents, type AccidentEntry } from '../../src/generated/accidents.js'
import type { InvariantId } from '../../src/generated/invariants.js'
import { rules } from '../../src/generated/lifecycle-tables.js'
import { createBehaviour, walkedQuirks, type Defect, type Tables } from '../../src/lifecycle/states/behaviour.js'
import { invariantEntries } from '../../src/lifecycle/states/invariants.js'
import { scopes, type Scope } from '../../src/lifecycle/states/scopes.js'
import { breaksAtEnd, findBreaks, walk } from '../../src/lifecycle/states/walk.js'
import type { MachineName, Rule } from '../../src/lifecycle/table.js'

const isFull = process.env['KIT_ALL_TARGETS'] !== undefined
const table: Readonly<Record<string, AccidentEntry>> = accidents

/** The tables with some rules of a machine changed, or taken out. */
function spoil(machine: MachineName, change: (rule: Rule) => Rule | undefined): Tables {
  return { ...rules, [machine]: rules[machine].flatMap((rule: Rule) => change(rule) ?? []) }
}

const without = (machine: MachineName, on: string): Tables =>
  spoil(machine, (rule) => (rule.on === on ? undefined : rule))

/** A change of each invariant's own that breaks it. */
const mutants: Readonly<Record<InvariantId, Tables | Defect | (typeof walkedQuirks)[number]>> = {
  'handed-out-once': spoil('job', (rule) => (rule.on === 'nextJob' && rule.to !== null ? { ...rule, to: null } : rule)),
  'accepted-kept': without('job', 'delivery.failed'),
  'no-wait-beside-work': 'creations-wake-no-poll',
  'wait-ends-with-runner': 'gone-runner-poll-waits',
  'end-reachable': without('runner', 'timer.dead_runner_purge'),
  'unanswered-ends': without('job', 'timer.job_timeout'),
  'ended-stays': spoil('job', (rule) =>
    rule.on === 'reportJobResult' && rule.from.includes('completed') && rule.answer === 204
      ? { ...rule, to: 'failed' }
      : rule,
  ),
  'ended-expires': without('bridgeCommand', 'timer.bridge_completed_command_ttl'),
  'silence-kept': 'second-death-purges',
  'own-only': 'owners-not-told-apart',
  'refused-changes-nothing': spoil('runner', (rule) =>
    rule.on === 'heartbeat' && rule.answer === 400 ? { ...rule, to: 'connected' } : rule,
  ),
  'shown-as-it-is': 'stale-wait',
}

const named = (name: string): Scope => {
  const scope = scopes.find((each) => each.name === name)
  if (scope === undefined) throw new Error(`There is no small world ${name}.`)
  return scope
}

describe('the walk through small worlds', () => {
  it('sees every state of the world of jobs, and no invariant broken', () => {
    const seen = walk(named('jobs'))
    expect(seen.isComplete).toBe(true)
    expect(seen.states).toBeGreaterThan(8000)
    expect([...seen.broken.keys()]).toEqual([])
  })

  it.each(invariantEntries.map(([id]) => id))('sees %s broken by a change of what holds it', (id) => {
    const mutant = mutants[id]
    const behaviour = createBehaviour(typeof mutant === 'string' ? { deviations: [mutant] } : { tables: mutant })
    const story = findBreaks(scopes, { behaviour, until: [id], maxStates: 1500 }).get(id)
    expect(story).toBeDefined()
    // One step less, and nothing is broken; the same steps by the rules break nothing.
    expect(breaksAtEnd(story?.slice(0, -1) ?? [], behaviour)).not.toContain(id)
    expect(breaksAtEnd(story ?? [], createBehaviour())).not.toContain(id)
  })

  it.each(walkedQuirks)('finds what the quirk %s breaks', (quirk) => {
    const declared = table[quirk]?.breaks ?? []
    const behaviour = createBehaviour({ deviations: [quirk] })
    const found = findBreaks(scopes, { behaviour, ...(!isFull && { until: declared, maxStates: 1500 }) })
    const ids = [...found.keys()].filter((id) => isFull || declared.includes(id))
    expect(ids.toSorted()).toEqual(declared.toSorted())
  })

  it('names no quirk as breaking something that it does not walk with', () => {
    const breaking = Object.entries(table).filter(([, { breaks }]) => breaks !== undefined)
    expect(breaking.map(([id]) => id).toSorted()).toEqual(walkedQuirks.toSorted())
  })

  it.runIf(isFull)('sees a hundred thousand states of all small worlds, and no invariant broken', () => {
    const walks = scopes.map((scope) => walk(scope))
    expect(walks.filter(({ isComplete }) => !isComplete)).toEqual([])
    expect(walks.reduce((sum, { states }) => sum + states, 0)).toBeGreaterThan(100_000)
    expect(walks.flatMap(({ broken }) => [...broken.keys()])).toEqual([])
  })
})
