/** The root: the mock, signatures of pairing, errors, and types of the API. Named exports only; nothing inside imports this file. */
export {
  createRunnerMock,
  type ResetOptions,
  type RunnerMock,
  type RunnerMockOptions,
  type ScenarioChoice,
  type Snapshot,
} from './mocks/mock/runner-mock.js'
export type { ClockControl, Duration, Instant, StopSignal } from './kernel/clock.js'
export type {
  StartOptions,
  AgentOptions,
  SleepOptions,
  SpanEnd,
  SpanStart,
  TraceChange,
  AgentScript,
  ScriptedLog,
  ScriptedSpan,
  ScenarioBlueprint,
  ScenarioEnvironment,
  ScenarioPrompt,
  ScenarioJob,
  ScenarioOwner,
  ScenarioProject,
  ScenarioSession,
  ScenarioTrace,
} from './generated/kit-schema.js'
export type { Agents } from './mocks/agents/agent-host.js'
export type { RunnerAgent, StartableRunner, SimulatedRunner } from './mocks/agents/simulated-runner.js'
export type { AgentConfiguration, AgentPrompt, AgentContext, AgentHandler, OpenSpan } from './mocks/agents/agent.js'
export type { ApiRequest, ApiResponse, Headers } from './mocks/base/exchange.js'
export type {
  ClockEvent,
  EventName,
  EventOf,
  FaultEvent,
  FaultLifeEvent,
  FaultLifeName,
  MockEvent,
  RequestEvent,
  ResetEvent,
  SettingsEvent,
  TimerEvent,
  EventTimer as TimerName,
  TransitionEvent,
  TransitionName,
  TransitionSubject,
} from './mocks/world/events.js'
export type { Fault, FaultDelay, FaultEntry, FaultMethod, InjectedFault, PresetName } from './generated/kit-schema.js'
export type { FaultEffect } from './mocks/engine/faults/intercepted-request.js'
export type { FaultProblem, FaultOutcome, Faults } from './mocks/engine/faults/faults.js'
export type { Credentials } from './mocks/agents/call-api.js'
export type { Given } from './mocks/given/given-builders.js'
export type { GivenRunner, RunnerRequest } from './mocks/given/given-runner.js'
export type {
  ConductEvidence,
  ConductRecording,
  ConductReport,
  ConductReportOptions,
  ConductVerdict,
  RunnerConduct,
} from './conduct/conduct-types.js'
export type { Conduct, WatchConduct } from './mocks/conduct/watch-conduct-types.js'
export type {
  BlueprintRequest,
  GivenBlueprint,
  GivenPrompt,
  GivenPromptVersion,
  GivenTrace,
  PromptRequest,
  TraceRequest,
} from './mocks/given/given-neighbours.js'
export type { CommandRequest, JobRequest } from './mocks/given/given-work.js'
export type { Activation, ActivationOptions, Pairing } from './mocks/given/activate-session.js'
export type { GivenSession, PairingLinkRequest, SessionRequest } from './mocks/given/given-session.js'
export type { ApiKeyEntry, AuthMode } from './mocks/base/identity.js'
export type {
  Journal,
  JournalEntry,
  JournalFilter,
  JournalRecordingOptions,
  CallExpectation,
  JournalMessage,
} from './mocks/engine/journal.js'
export type {
  Scenario,
  ScenarioAgent,
  ScenarioCommand,
  ScenarioName,
  ScenarioPart,
  ScenarioRunner,
} from './mocks/scenarios/scenario.js'
export type { SettingProblem, Settings } from './mocks/base/settings.js'
export { KitError } from './kernel/errors.js'
export { readJson } from './kernel/json-text.js'
export {
  decodePairingFragment,
  deriveBridgeKey,
  encodePairingFragment,
  readPairingLink,
  signActivation,
  signBridge,
  verifyActivation,
  verifyBridge,
  writePairingLink,
  type PairingFragment,
  type PairingLink,
  type ReadPairingLink,
} from './kernel/pairing.js'
export { version } from './kernel/version.js'
export type { components, operations, paths } from './generated/api-types.js'
export type { OperationId } from './kernel/operation.js'
export type * from './kernel/types.js'

/** @deprecated Use `ApiRequest`; this name goes with 1.0. */
export type { ApiRequest as Exchange } from './mocks/base/exchange.js'
/** @deprecated Use `ApiResponse`; this name goes with 1.0. */
export type { ApiResponse as Reply } from './mocks/base/exchange.js'
