/** `opik-runner-kit/contracts`: the contract suites as data and the function that runs them. */
export { adminClock, readAdminLimits } from './admin.js'
export { checks } from './all-checks.js'
export { accidentIds, describeAccident, type AccidentId, type AccidentSighting } from './accidents.js'
export { alternatives, type Alternative, type AlternativeName } from './alternatives.js'
export type { Answer, AnswerWith, Flaw } from './answer.js'
export { parseBaseline } from './baseline.js'
export {
  defineCheck,
  type Check,
  type CheckDefinition,
  type CheckNeeds,
  type CheckRule,
  type Severity,
  type Verdict,
} from './check.js'
export type { CheckTime, PassOptions } from './check-time.js'
export type { CallOptions, CallRequest, Client, OpenCall, RawRequest } from './client.js'
export type { Context, OwnProject, Randomness } from './context.js'
export type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from './coverage-report.js'
export type { VerifyEvent, VerifyListener } from './events.js'
export { toCurl, type Exchange } from './exchange.js'
export {
  bodyOf,
  expectAnyStatus,
  expectEqual,
  expectStatus,
  expectThat,
  fail,
  type Finding,
  type Proof,
} from './expectation.js'
export type { IdentityName } from './identity-card.js'
export type { CheckResult, Report, SeenAccident, Totals } from './report-model.js'
export {
  createdId,
  openSession,
  activate,
  type OpenSession,
  type PairOptions,
  type RunnerHandle,
} from './runner-handle.js'
export {
  resolveTarget,
  type Limits,
  type OtherIdentity,
  type ResolvedTarget,
  type Target,
  type TargetClock,
} from './target.js'
export { outcomeOf, startSuite, type SuiteOptions, type SuiteRun, type TestOutcome } from './suite-run.js'
export { verify, type VerifyOptions } from './verify.js'
export { parseWaivers, type Waiver, type WaiverNotice } from './waivers.js'
