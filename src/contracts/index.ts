/** `opik-runner-kit/contracts`: the contract suites as data and the function that runs them. */
export { adminClock, readAdminLimits } from './target/target-admin.js'
export { checks } from './suites/all-checks.js'
export { quirkIds, describeQuirk, type QuirkId, type SeenInCheck } from './check/seen-quirks.js'
export { alternatives, type Alternative, type AlternativeName } from './target/answer.js'
export type { Answer, AnswerWith, AnswerFlaw as Flaw } from './target/answer.js'
export type { Comparison, Difference, DifferingCheck, ExchangePair } from '../report/comparison-document.js'
export {
  defineCheck,
  type Check,
  type CheckDefinition,
  type CheckNeeds,
  type CheckRule,
  type Severity,
  type Verdict,
} from './check/check.js'
export type { CheckTime, PassOptions, Context, OwnProject, Randomness } from './check/context.js'
export type { CallOptions, CallRequest, Client, OpenCall, RawRequest } from './target/client.js'
export type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../generated/kit-schema.js'
export type { VerifyEvent, VerifyListener } from './check/report-model.js'
export type { Exchange } from './target/recorded-exchange.js'
export { toCurl } from '../report/shown-exchange.js'
export {
  bodyOf,
  expectAnyStatus,
  expectEqual,
  expectStatus,
  expectThat,
  fail,
  type Finding,
  type Proof,
} from './target/expectation.js'
export type { IdentityName } from './target/target.js'
export type { CheckResult, Report, SeenQuirk, Totals } from '../generated/kit-schema.js'
export {
  createdId,
  openSession,
  activate,
  type OpenSession,
  type PairOptions,
  type RunnerHandle,
} from './check/runner-handle.js'
export {
  resolveTarget,
  type Limits,
  type OtherIdentity,
  type ResolvedTarget,
  type AppTarget,
  type Target,
  type TargetClock,
} from './target/target.js'
export { outcomeOf, startSuite, type SuiteOptions, type SuiteRun, type TestOutcome } from './suite-run.js'
export { compare, parseBaseline, verify, type CompareOptions, type VerifyOptions } from './run/verify.js'
export { parseWaivers, type Waiver, type WaiverNotice } from './check/check.js'

/** @deprecated Use `QuirkId`; this name goes with 1.0. */
export type { QuirkId as AccidentId } from './check/seen-quirks.js'
/** @deprecated Use `SeenQuirk`; this name goes with 1.0. */
export type { SeenQuirk as SeenAccident } from '../generated/kit-schema.js'
/** @deprecated Use `quirkIds` and `describeQuirk`; these names go with 1.0. */
export { quirkIds as accidentIds, describeQuirk as describeAccident } from './check/seen-quirks.js'
