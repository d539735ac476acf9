// The walk through small worlds: what holds by the rules, and what breaks when a rule, an effect or a quirk is put in.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import stories from '../../src/contracts/model/rule-stories.json' with { type: 'json' }
import { quirks, type QuirkEntry } from '../../src/generated/quirks.js'
import type { InvariantId } from '../../src/generated/invariants.js'
import type { StoryFile } from '../../src/generated/kit-schema.js'
import { rules } from '../../src/generated/lifecycle-tables.js'
import {
  createBehaviour,
  walkedQuirks,
  type Defect,
  type Tables,
  type WalkedQuirk,
} from '../../src/lifecycle/states/behaviour.js'
import { invariantEntries } from './judge-step.js'
import { scopes, type Scope } from './scopes.js'
import { readStory } from '../../src/lifecycle/states/story-calls.js'
import { breaksAtEnd, findBreaks, walk } from './walk.js'
import { describeDecision, listCandidates, type MachineName, type Rule } from '../../src/lifecycle/table.js'
import { coveringStories, edgesMet, quirkStories, shortestStories, unmet } from './rule-stories.js'

const isFull = process.env['KIT_ALL_TARGETS'] !== undefined
const table: Readonly<Record<string, QuirkEntry>> = quirks

/** The tables with some rules of a machine changed, or taken out. */
function spoil(machine: MachineName, change: (rule: Rule) => Rule | undefined): Tables {
  return { ...rules, [machine]: rules[machine].flatMap((rule: Rule) => change(rule) ?? []) }
}

const without = (machine: MachineName, on: string): Tables =>
  spoil(machine, (rule) => (rule.on === on ? undefined : rule))

/** A change of each invariant's own that breaks it. */
const mutants: Readonly<Record<InvariantId, Tables | Defect | WalkedQuirk>> = {
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
  // CI walks through all of them, below.
  it.skipIf(isFull)('sees every state of one world, and no invariant broken', () => {
    const seen = walk(named('expiry'))
    expect(seen.isComplete).toBe(true)
    expect(seen.states).toBeGreaterThan(600)
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
    const found = findBreaks(scopes, {
      behaviour,
      maxStates: 1500,
      ...(!isFull && { until: declared }),
    })
    const ids = [...found.keys()].filter((id) => isFull || declared.includes(id))
    expect(ids.toSorted()).toEqual(declared.toSorted())
  })

  it.runIf(isFull)('sees a hundred thousand states of all small worlds, and no invariant broken', () => {
    const walks = scopes.map((scope) => walk(scope))
    expect(walks.filter(({ isComplete }) => !isComplete)).toEqual([])
    expect(walks.reduce((sum, { states }) => sum + states, 0)).toBeGreaterThan(100_000)
    expect(walks.flatMap(({ broken }) => [...broken.keys()])).toEqual([])
  })
})

describe('the stories that are kept in files', () => {
  const files: readonly StoryFile[] = stories
  const met = new Set(files.flatMap((story) => [...edgesMet(readStory(story).steps)]))

  it('meet every move and every refusal that HTTP can bring about', () => {
    const missing = listCandidates()
      .filter(({ number, rule }) => !met.has(number) && (rule.to !== null || (rule.answer ?? 0) >= 400))
      .map((edge) => describeDecision(edge))
    expect(missing.toSorted()).toEqual(Object.keys(unmet).toSorted())
  })

  it.runIf(isFull)('are those that the walk tells', () => {
    expect(stories).toEqual(JSON.parse(JSON.stringify(coveringStories(shortestStories()))))
    const kept = walkedQuirks.map((quirk) => [
      quirk,
      JSON.parse(readFileSync(`stories/${quirk}.json`, 'utf8')) as unknown,
    ])
    expect(kept).toEqual(JSON.parse(JSON.stringify([...quirkStories()])))
  })
})
