// Verifies a mock that plays fair variants or a quirk, and says what verify and watch hold against it.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Report } from '../../../src/contracts/check/report-model.js'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { judge, parseRecording, type Judgement } from '../../../src/contracts/watch/judge-recording.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import type { Settings } from '../../../src/mocks/base/settings.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { Dice, layerOf, type Variant } from './variant.js'

/** Serves a mock and verifies it, its clock at hand; `watched` judges the traffic of the run. */
export async function judged(
  mock: RunnerMock,
  options: VerifyOptions,
  limits: Partial<Settings> = {},
): Promise<{ report: Report; watched: () => Judgement }> {
  await mock.ready
  const server = await serve(mock, { port: 0 })
  const lines: string[] = []
  const recording = { write: (line: unknown) => lines.push(JSON.stringify(line)) }
  try {
    const target = { url: server.url, clock: adminClock(server.adminUrl), limits }
    const report = await verify(target, { ...options, recording })
    return {
      report,
      watched: () => judge(parseRecording(lines.join('\n')), { startsEmpty: true, sides: ['server'] }),
    }
  } finally {
    await server.close()
    await mock.close()
  }
}

/**
 * Plays variants at once, each at a `share` of its occasions. `held`: checks that did not pass, with what they say, and
 * verdicts of watch; `counts`: how often each was played.
 */
export async function play(variants: readonly Variant[], share: number, options: VerifyOptions) {
  const played = variants.map((variant) => ({ variant, dice: new Dice(options.seed ?? 1, share, variant.id) }))
  const limits = Object.assign({}, RATES, ...variants.map(({ declared }) => declared)) as Partial<Settings>
  const layers = played.map(({ variant, dice }) => layerOf(variant, dice))
  const standstill = monitorEventLoopDelay()
  standstill.enable()
  const mock = createRunnerMock({ scenario: 'empty', settings: limits })
  const { report, watched } = await judged(putBefore(mock, layers), options, limits)
  standstill.disable()
  // Where checks of Location fail by right, watch finds the same.
  const isJudged = variants.some(({ judged: own }) => own !== undefined)
  // What a machine wakes late that stood still itself is not held against its server.
  const isLate = standstill.max > LATE_NS
  const held = [
    ...report.results.flatMap(({ id, verdict }) =>
      isAllRight(id, verdict, variants) ? [] : [`${id}: ${JSON.stringify(verdict).slice(0, 2000)}`],
    ),
    ...watched()
      .verdicts.filter(({ rule }) => !(rule === 'answer/header' && isJudged) && !(rule === 'poll/late' && isLate))
      .map((verdict) => `watch: ${JSON.stringify(verdict)}`),
  ]
  return { held, counts: new Map(played.map(({ variant, dice }) => [variant.id, dice.count])) }
}

/** So long, in nanoseconds, a machine stands still at once that is too busy to be judged by its times. */
const LATE_NS = 500e6

/** So few commands are sent within a minute on any machine. */
const RATES: Partial<Settings> = { bridge_max_commands_per_minute: 120, bridge_max_write_commands_per_minute: 60 }

function isAllRight(id: string, verdict: Report['results'][number]['verdict'], variants: readonly Variant[]): boolean {
  if (verdict.kind === 'not-run') {
    // An open mock has no user who may not do everything; a check that a busy machine has spoilt blames nobody.
    const reasons = [/--reader-api-key/, /a machine is busy/, ...variants.flatMap(({ mayNotRun }) => mayNotRun ?? [])]
    return reasons.some((reason) => reason.test(verdict.reason))
  }
  const isByRight = variants.some(({ judged: own }) => own?.test(id) === true)
  return verdict.kind === 'passed' || (verdict.kind === 'failed' && isByRight)
}
