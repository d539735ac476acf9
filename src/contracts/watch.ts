/** `opik-runner-kit/watch`: judges traffic that was recorded, and records what tests make. */
export * from './watch/judge-recording.js'
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
