/** Friendly names for the spec's schemas, for people who import the package. Generated types stay the only source. */
import type { components } from './generated/schema.js'

type Schemas = components['schemas']

/** A runner as getRunner and listRunners answer it. */
export type LocalRunner = Schemas['LocalRunner']
/** A page of runners. */
export type LocalRunnerPage = Schemas['LocalRunnerPage']
/** `connect` (bridge commands) or `endpoint` (jobs). */
export type RunnerType = Schemas['RunnerType']
/** `pairing`, `connected` or `disconnected`. */
export type RunnerStatus = Schemas['RunnerStatus']
/** An agent as registerAgents takes it. */
export type Agent = Schemas['Agent']
/** An agent as a runner shows it. */
export type RegisteredAgent = Schemas['RegisteredAgent']
/** The body of registerAgents: agents by name. */
export type AgentMap = Schemas['AgentMap']
/** One parameter of an agent. */
export type Param = Schemas['Param']
/** A job as getJob, listJobs and nextJob answer it. */
export type LocalRunnerJob = Schemas['LocalRunnerJob']
/** A page of jobs. */
export type LocalRunnerJobPage = Schemas['LocalRunnerJobPage']
/** The five states of a job. */
export type LocalRunnerJobStatus = Schemas['LocalRunnerJobStatus']
/** One line that an agent wrote. */
export type LocalRunnerLogEntry = Schemas['LocalRunnerLogEntry']
/** The body of createJob. */
export type CreateLocalRunnerJobRequest = Schemas['CreateLocalRunnerJobRequest']
/** The body of reportJobResult. */
export type LocalRunnerJobResultRequest = Schemas['LocalRunnerJobResultRequest']
/** A bridge command as getBridgeCommand answers it. */
export type BridgeCommand = Schemas['BridgeCommand']
/** A bridge command as nextBridgeCommands hands it out. */
export type BridgeCommandItem = Schemas['BridgeCommandItem']
/** The five states of a bridge command. */
export type BridgeCommandStatus = Schemas['BridgeCommandStatus']
/** The six kinds of bridge commands. */
export type BridgeCommandType = Schemas['BridgeCommandType']
/** The body of createBridgeCommand. */
export type BridgeCommandSubmitRequest = Schemas['BridgeCommandSubmitRequest']
/** The body of reportBridgeResult. */
export type BridgeCommandResultRequest = Schemas['BridgeCommandResultRequest']
/** The body of createPairingSession. */
export type CreateSessionRequest = Schemas['CreateSessionRequest']
/** The body of activatePairingSession. */
export type ActivateRequest = Schemas['ActivateRequest']
/** A project. */
export type Project = Schemas['Project']
/** Either form of an error body. */
export type ErrorMessage = Schemas['ErrorMessage']
/** A trace as getTraceById answers it. */
export type Trace = Schemas['Trace']
/** A span as getSpansByProject lists it. */
export type Span = Schemas['Span']
