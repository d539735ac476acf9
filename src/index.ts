/** The package's root: what other projects import. Named exports only; nothing inside imports this file. */
export {
  createRunnerMock,
  type ResetOptions,
  type RunnerMock,
  type RunnerMockOptions,
  type ScenarioChoice,
  type Snapshot,
} from './mocks/runner-mock.js'
export type { ClockControl, Duration, Instant } from './clock.js'
export type { Agents, RunnerAgent, StartableRunner, StartOptions } from './mocks/agents/agents.js'
export type { AgentContext, AgentHandler, AgentOptions, SleepOptions } from './mocks/agents/agent.js'
export type { AgentScript, ScriptedLog } from './mocks/agents/script.js'
export type { SimulatedRunner } from './mocks/agents/simulated-runner.js'
export type { Exchange, Headers, Reply } from './mocks/engine/exchange.js'
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
  TimerName,
  TransitionEvent,
  TransitionName,
  TransitionSubject,
} from './mocks/events.js'
export type {
  Fault,
  FaultDelay,
  FaultEffect,
  FaultEntry,
  FaultMethod,
  InjectedFault,
  PresetName,
} from './mocks/faults/fault.js'
export type { FaultProblem } from './mocks/faults/fault-form.js'
export type { FaultOutcome, Faults } from './mocks/faults/faults.js'
export type { Credentials } from './mocks/agents/api.js'
export type { Given } from './mocks/given/form.js'
export type { GivenRunner, RunnerRequest } from './mocks/given/stage.js'
export type {
  Conduct,
  ConductEvidence,
  ConductReport,
  ConductReportOptions,
  ConductVerdict,
  RunnerConduct,
  WatchConduct,
} from './mocks/conduct/conduct.js'
export type { CommandRequest } from './mocks/given/command.js'
export type { JobRequest } from './mocks/given/job.js'
export type { GivenSession, SessionRequest } from './mocks/given/session.js'
export type { ApiKeyEntry, AuthMode } from './mocks/identity.js'
export type { Journal, JournalEntry, JournalFilter } from './mocks/journal.js'
export type { JournalMessage } from './mocks/journal-entry.js'
export type { CallExpectation } from './mocks/journal-expectations.js'
export type {
  Scenario,
  ScenarioAgent,
  ScenarioCommand,
  ScenarioJob,
  ScenarioName,
  ScenarioOwner,
  ScenarioProject,
  ScenarioRunner,
  ScenarioSession,
} from './mocks/scenarios/scenario.js'
export type { SettingProblem, Settings } from './mocks/settings.js'
export { KitError } from './errors.js'
export { readJson } from './json-text.js'
export {
  decodePairingFragment,
  deriveBridgeKey,
  encodePairingFragment,
  signActivation,
  signBridge,
  verifyActivation,
  verifyBridge,
  type PairingFragment,
} from './pairing.js'
export { version } from './version.js'
export type { components, operations, paths } from './generated/schema.js'
export type { OperationId } from './operation.js'
export type * from './types.js'
