// Verifies a mock that plays fair variants, over a proxy of its own, and says what was held against it.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { judge, parseRecording } from '../../../src/contracts/watch/judge-recording.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { Dice } from './dice.js'
import { openProxy, type Habits } from './proxy.js'
import type { Variant } from './variant.js'

/** What came of a run. */
export interface Played {
  /** Checks that did not pass, with what they say. */
  held: readonly string[]
  /** How often each variant was played, by its id. */
  counts: ReadonlyMap<string, number>
  checks: number
}

/** Plays variants at once, each at a `share` of its occasions. */
export async function play(variants: readonly Variant[], share: number, options: VerifyOptions): Promise<Played> {
  const seed = options.seed ?? 1
  const dice = new Map(variants.map(({ id }) => [id, new Dice(seed, share, id)]))
  const diceOf = ({ id }: Variant): Dice => dice.get(id) ?? new Dice(seed, share, id)
  const mock = createRunnerMock({ scenario: 'empty', settings: settingsOf(variants) })
  const layers = variants.map((variant) => ({ touches: touched(variant), spoil: variant.spoil?.(diceOf(variant)) }))
  const standstill = monitorEventLoopDelay()
  standstill.enable()
  const server = await serve(putBefore(mock, layers), { port: 0 })
  const proxies = await openProxies(server.url, variants, diceOf)
  try {
    const limits = Object.assign({}, RATES, ...variants.map(({ declared }) => declared)) as Variant['declared']
    const url = `${proxies.origin}${new URL(server.url).pathname}/`
    const lines: unknown[] = []
    const recording = { write: (line: unknown) => lines.push(line) }
    const { results } = await verify(
      { url, clock: adminClock(server.adminUrl), limits },
      { ...options, seed, recording },
    )
    const { verdicts } = judge(parseRecording(lines.map((line) => JSON.stringify(line)).join('\n')), {
      sides: ['server'],
    })
    // Where checks of Location fail by right, watch finds the same.
    const isJudged = variants.some(({ judged }) => judged !== undefined)
    // What a machine wakes late that stood still itself is not held against its server.
    const isLate = standstill.max > LATE_NS
    const isUnexpected = ({ rule }: { rule: string }): boolean =>
      !(rule === 'answer/header' && isJudged) && !(rule === 'poll/late' && isLate)
    const held = [
      ...results.flatMap(({ id, verdict }) =>
        isAllRight(id, verdict, variants) ? [] : [`${id}: ${inShort(verdict)}`],
      ),
      ...verdicts
        .filter(isUnexpected)
        .map(
          ({ rule, expected, actual, story }) =>
            `watch ${rule}: expected ${expected}; got ${actual}; ${story.map(({ what }) => what).join(', ')}`,
        ),
    ]
    const counts = new Map([...dice].map(([id, { count }]) => [id, count]))
    return { held, counts, checks: results.length }
  } finally {
    standstill.disable()
    await proxies.close()
    await server.close()
  }
}

function touched({ touches }: Variant): ReadonlySet<Exclude<Variant['touches'], 'all'>[number]> | 'all' {
  return touches === 'all' ? touches : new Set(touches)
}

/** So long, in nanoseconds, a machine stands still at once that is too busy to be judged by its times. */
const LATE_NS = 500e6

/** So few commands are sent within a minute on any machine. */
const RATES: Variant['declared'] = { bridge_max_commands_per_minute: 120, bridge_max_write_commands_per_minute: 60 }

function settingsOf(variants: readonly Variant[]): Variant['hidden'] {
  return Object.assign(
    {},
    RATES,
    ...variants.map(({ declared, hidden }) => ({ ...declared, ...hidden })),
  ) as Variant['hidden']
}

type Verdict = Awaited<ReturnType<typeof verify>>['results'][number]['verdict']

function isAllRight(id: string, verdict: Verdict, variants: readonly Variant[]): boolean {
  if (verdict.kind === 'passed') return true
  if (verdict.kind === 'not-run') {
    // An open mock has no user who may not do everything; a check that a busy machine has spoilt blames nobody.
    const reasons = [/--reader-api-key/, /a machine is busy/, ...variants.flatMap(({ mayNotRun }) => mayNotRun ?? [])]
    return reasons.some((reason) => reason.test(verdict.reason))
  }
  return verdict.kind === 'failed' && variants.some(({ judged }) => judged?.test(id) === true)
}

function inShort(verdict: Verdict): string {
  if (verdict.kind === 'failed')
    return verdict.findings
      .map(({ expected, actual }) => `expected ${expected}; got ${actual.slice(0, 300)}`)
      .join(' | ')
  return `${verdict.kind}: ${JSON.stringify(verdict)}`
}

/** One proxy after the other, so that each keeps its own habits. */
async function openProxies(
  url: string,
  variants: readonly Variant[],
  diceOf: (variant: Variant) => Dice,
): Promise<{ origin: string; close(): Promise<void> }> {
  const travelling = variants.filter(({ habits }) => Object.keys(habits).length > 0)
  const [first] = travelling
  const { origin } = new URL(url)
  if (first === undefined) return { origin, close: () => Promise.resolve() }
  const habits = Object.assign({}, ...travelling.map((each) => each.habits)) as Habits
  return openProxy(origin, habits, diceOf(first))
}
