/** `opik-runner-kit/watch`: judges traffic that was recorded, and records what tests make. */
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
export { expectRulesKept, type RulesKeptOptions } from './record/expect-rules-kept.js'
export { recordFetch, type RecordedFetch, type RecordFetchOptions } from './record/record-fetch.js'
export {
  recordBrowser,
  type RecordBrowserOptions,
  type RecordedBrowser,
  type BrowserRequest,
  type BrowserResponse,
  type RequestSource,
} from './record/record-browser.js'
