/** `opik-runner-kit/watch`: judges traffic that was recorded, and records what tests make. */
import type { Recording } from '../kernel/recording/recording.js'
import { judge, type Judgement, type JudgeOptions, type Verdict } from './watch/judge-recording.js'

export {
  createJudge,
  judge,
  parseRecording,
  readRecording,
  type QuirkSeen,
  type BegunExchange,
  type ExchangePlace,
  type JudgedCounts,
  type Judgement,
  type JudgeOptions,
  type OpenCall,
  type RecordedExchange,
  type Recording,
  type RecordingHeader,
  type StoryLine,
  type TrafficJudge,
  type Verdict,
} from './watch/judge-recording.js'
export { toHar } from '../kernel/recording/har.js'
export { recordFetch, type RecordedFetch, type RecordFetchOptions } from './record/record-fetch.js'
export {
  recordBrowser,
  type RecordBrowserOptions,
  type RecordedBrowser,
  type BrowserRequest,
  type BrowserResponse,
  type RequestSource,
} from './record/record-browser.js'

/** What fails. */
export interface RulesKeptOptions extends JudgeOptions {
  /** The least severity that fails. Default `must`. */
  severity?: 'must' | 'should'
}

/**
 * Judges a recording, and throws where a rule was broken: an Error that tells who broke which, what was expected and what
 * came, and the exchanges that prove it.
 * @returns the judgement
 * @throws Error for broken rules; KitError as `judge` does
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { expectRulesKept, recordFetch } from 'opik-runner-kit/watch'
 *
 * const mock = createRunnerMock()
 * const traffic = recordFetch(mock.fetch, { clock: mock.clock })
 * await traffic.fetch('http://localhost/api/v1/private/projects')
 * expectRulesKept(traffic.recording())
 * await mock.close()
 */
export function expectRulesKept(
  recording: Recording | readonly Recording[],
  { severity = 'must', ...options }: RulesKeptOptions = {},
): Judgement {
  const judgement = judge(recording, options)
  const broken = judgement.verdicts.filter((each) => severity === 'should' || each.severity === 'must')
  if (broken.length === 0) return judgement
  const count = broken.length === 1 ? 'A rule was broken' : `${broken.length} rules were broken`
  const shown = broken.slice(0, MAX_SHOWN).map(describeVerdict)
  const rest = broken.length > MAX_SHOWN ? [`and ${broken.length - MAX_SHOWN} more`] : []
  throw new Error([`${count}:`, ...shown, ...rest].join('\n\n'))
}

const MAX_SHOWN = 10

function describeVerdict({ rule, severity, side, expected, actual, story }: Verdict): string {
  const lines = [`expected ${expected}`, `got ${actual}`, ...story.map(({ id, what }) => `#${id} ${what}`)]
  return [`${rule}  ${severity}, by the ${side}`, ...lines.map((line) => `  ${line}`)].join('\n')
}
