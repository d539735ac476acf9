/** Friendly names for the spec's schemas, for people who import the package. Generated types stay the only source. */
import type { components } from '../generated/api-types.js'

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
/** The body of heartbeat. */
export type LocalRunnerHeartbeatRequest = Schemas['LocalRunnerHeartbeatRequest']
/** What heartbeat answers. */
export type LocalRunnerHeartbeatResponse = Schemas['LocalRunnerHeartbeatResponse']
/** The checklist of a runner. */
export type Checklist = Schemas['Checklist']
/** The body of patchChecklist. */
export type ChecklistPatch = Schemas['ChecklistPatch']
/** A job as getJob, listJobs and nextJob answer it. */
export type LocalRunnerJob = Schemas['LocalRunnerJob']
/** A page of jobs. */
export type LocalRunnerJobPage = Schemas['LocalRunnerJobPage']
/** The five states of a job. */
export type LocalRunnerJobStatus = Schemas['LocalRunnerJobStatus']
/** One line that an agent wrote. */
export type LocalRunnerLogEntry = Schemas['LocalRunnerLogEntry']
/** The body of appendJobLogs, and what getJobLogs answers. */
export type LocalRunnerLogEntries = Schemas['LocalRunnerLogEntries']
/** The body of createJob. */
export type CreateLocalRunnerJobRequest = Schemas['CreateLocalRunnerJobRequest']
/** The body of reportJobResult. */
export type LocalRunnerJobResultRequest = Schemas['LocalRunnerJobResultRequest']
/** What a job says of the run that it belongs to. */
export type LocalRunnerJobMetadata = Schemas['LocalRunnerJobMetadata']
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
/** What createBridgeCommand answers. */
export type BridgeCommandSubmitResponse = Schemas['BridgeCommandSubmitResponse']
/** The body of nextBridgeCommands. */
export type BridgeCommandNextRequest = Schemas['BridgeCommandNextRequest']
/** What nextBridgeCommands answers. */
export type BridgeCommandBatchResponse = Schemas['BridgeCommandBatchResponse']
/** The body of reportBridgeResult. */
export type BridgeCommandResultRequest = Schemas['BridgeCommandResultRequest']
/** The body of createPairingSession. */
export type CreateSessionRequest = Schemas['CreateSessionRequest']
/** What createPairingSession answers. */
export type CreateSessionResponse = Schemas['CreateSessionResponse']
/** The body of activatePairingSession. */
export type ActivateRequest = Schemas['ActivateRequest']
/** A project. */
export type Project = Schemas['Project']
/** A page of projects. */
export type ProjectPage = Schemas['ProjectPage']
/** The body of createProject. */
export type ProjectWrite = Schemas['ProjectWrite']
/** The body of updateProject. */
export type ProjectUpdate = Schemas['ProjectUpdate']
/** The body of deleteProjectsBatch and deleteTraces. */
export type BatchDelete = Schemas['BatchDelete']
/** The body of retrieveProject. */
export type ProjectRetrieve = Schemas['ProjectRetrieve']
/** What retrieveProject answers: a project, and what its traces come to. */
export type ProjectDetails = Schemas['ProjectDetails']
/** What the traces of one project come to. */
export type ProjectStats = Schemas['ProjectStats']
/** What getProjectStats answers. */
export type ProjectStatsPage = Schemas['ProjectStatsPage']
/** The body of getProjectKpiCards. */
export type KpiCardRequest = Schemas['KpiCardRequest']
/** One figure of a time and of the time before. */
export type KpiCard = Schemas['KpiCard']
/** What getProjectKpiCards answers. */
export type KpiCards = Schemas['KpiCards']
/** The body of getProjectMetrics. */
export type ProjectMetricRequest = Schemas['ProjectMetricRequest']
/** What getProjectMetrics answers. */
export type ProjectMetrics = Schemas['ProjectMetrics']
/** What findTokenUsageNames answers. */
export type TokenUsageNames = Schemas['TokenUsageNames']
/** Either form of an error body. */
export type ErrorMessage = Schemas['ErrorMessage']
/** A trace as getTraceById answers it. */
export type Trace = Schemas['Trace']
/** The body of createTrace. */
export type TraceWrite = Schemas['TraceWrite']
/** A page of traces. */
export type TracePage = Schemas['TracePage']
/** The body of createTraces. */
export type TraceBatch = Schemas['TraceBatch']
/** The body of batchUpdateTraces. */
export type TraceBatchUpdate = Schemas['TraceBatchUpdate']
/** The body of updateTrace. */
export type TraceUpdate = Schemas['TraceUpdate']
/** What a span stands for. */
export type SpanType = Schemas['SpanType']
/** One condition of a search or of getProjectMetrics. */
export type Filter = Schemas['Filter']
/** The body of searchTraces. */
export type TraceSearch = Schemas['TraceSearch']
/** A thread: the traces that share a `thread_id`. */
export type TraceThread = Schemas['TraceThread']
/** A page of threads. */
export type TraceThreadPage = Schemas['TraceThreadPage']
/** The body of getTraceThread. */
export type TraceThreadIdentifier = Schemas['TraceThreadIdentifier']
/** One figure of many traces, spans or threads. */
export type Statistic = Schemas['Statistic']
/** What getTraceStats, getSpanStats and getTraceThreadStats answer. */
export type Statistics = Schemas['Statistics']
/** A span as getSpansByProject lists it. */
export type Span = Schemas['Span']
/** The body of createSpan. */
export type SpanWrite = Schemas['SpanWrite']
/** A page of spans. */
export type SpanPage = Schemas['SpanPage']
/** The body of createSpans. */
export type SpanBatch = Schemas['SpanBatch']
/** The body of batchUpdateSpans. */
export type SpanBatchUpdate = Schemas['SpanBatchUpdate']
/** The body of updateSpan. */
export type SpanUpdate = Schemas['SpanUpdate']
/** The body of searchSpans. */
export type SpanSearch = Schemas['SpanSearch']
/** What isAlive answers. */
export type IsAliveResponse = Schemas['IsAliveResponse']
/** A version of an agent's configuration, or a mask. */
export type Blueprint = Schemas['Blueprint']
/** One value of a blueprint. */
export type BlueprintValue = Schemas['BlueprintValue']
/** A page of the history of blueprints. */
export type BlueprintPage = Schemas['BlueprintPage']
/** The body of createAgentConfig and updateAgentConfig. */
export type BlueprintWrite = Schemas['BlueprintWrite']
/** The body of createOrUpdateEnvs. */
export type EnvironmentsWrite = Schemas['EnvironmentsWrite']
/** A prompt as getPromptById answers it. */
export type Prompt = Schemas['Prompt']
/** A page of prompts. */
export type PromptPage = Schemas['PromptPage']
/** The body of createPrompt. */
export type PromptWrite = Schemas['PromptWrite']
/** A version of a prompt. */
export type PromptVersion = Schemas['PromptVersion']
/** The body of createPromptVersion. */
export type PromptVersionWrite = Schemas['PromptVersionWrite']
/** A version as its prompt shows it. */
export type PromptVersionSummary = Schemas['PromptVersionSummary']
/** The body of updatePrompt. */
export type PromptUpdate = Schemas['PromptUpdate']
/** The body of retrievePromptVersionsByIds. */
export type PromptVersionIds = Schemas['PromptVersionIds']
/** What retrievePromptVersionsByIds answers. */
export type PromptVersions = Schemas['PromptVersions']
/** The body of setPromptVersionEnvironment. */
export type PromptVersionEnvironments = Schemas['PromptVersionEnvironments']
/** An environment of a workspace. */
export type WorkspaceEnvironment = Schemas['WorkspaceEnvironment']
/** All environments of a workspace. */
export type EnvironmentPage = Schemas['EnvironmentPage']
/** The body of createEnvironment. */
export type WorkspaceEnvironmentWrite = Schemas['WorkspaceEnvironmentWrite']
/** The body of updateEnvironment. */
export type WorkspaceEnvironmentUpdate = Schemas['WorkspaceEnvironmentUpdate']
/** A page of definitions of feedback. */
export type FeedbackDefinitionPage = Schemas['FeedbackDefinitionPage']
/** What findLlmProviderKeys answers. */
export type ProviderKeys = Schemas['ProviderKeys']
/** What a workspace has decided for all of its pages. */
export type WorkspaceConfiguration = Schemas['WorkspaceConfiguration']
/** What version answers. */
export type ServerVersion = Schemas['ServerVersion']
/** The body of checkAccess; nothing of it is read. */
export type AccessDetails = Schemas['AccessDetails']
/** What getWorkspaceName answers. */
export type WorkspaceName = Schemas['WorkspaceName']
/** What getWorkspaceVersion answers. */
export type WorkspaceVersion = Schemas['WorkspaceVersion']
/** What getWorkspaceUserPermissions answers. */
export type WorkspacePermissions = Schemas['WorkspacePermissions']
/** What getServiceToggles answers. */
export type ServiceToggles = Schemas['ServiceToggles']
/** What getDatasetExportJobs answers. */
export type ExportJobs = Schemas['ExportJobs']
/** A page of what there is nothing of here. */
export type OpenPage = Schemas['OpenPage']
/** What getLlmModels answers. */
export type LlmModels = Schemas['LlmModels']
/** What getWelcomeWizardStatus answers. */
export type WelcomeWizard = Schemas['WelcomeWizard']
/** The names of feedback scores. */
export type ScoreNames = Schemas['ScoreNames']
/** What createAgentConfig answers. */
export type BlueprintMade = Schemas['BlueprintMade']
/** The body of setEnvByBlueprintName. */
export type EnvironmentTarget = Schemas['EnvironmentTarget']
/** The body of removeConfigKeys. */
export type KeysRemoval = Schemas['KeysRemoval']
/** A page of versions of a prompt. */
export type PromptVersionPage = Schemas['PromptVersionPage']
/** The body of retrievePromptVersion. */
export type PromptVersionLookup = Schemas['PromptVersionLookup']
/** The body of getPromptsByCommits. */
export type CommitList = Schemas['CommitList']
/** What getPromptsByCommits answers. */
export type PromptVersionLinks = Schemas['PromptVersionLinks']
/** The body of addTraceFeedbackScore and addSpanFeedbackScore. */
export type FeedbackScoreWrite = Schemas['FeedbackScoreWrite']
/** The body of deleteTraceFeedbackScore and deleteSpanFeedbackScore. */
export type FeedbackScoreDelete = Schemas['FeedbackScoreDelete']
/** The body of scoreBatchOfTraces and scoreBatchOfSpans. */
export type FeedbackScoreBatch = Schemas['FeedbackScoreBatch']
/** The body of scoreBatchOfThreads. */
export type ThreadScoreBatch = Schemas['ThreadScoreBatch']
/** The body of deleteThreadFeedbackScores. */
export type ThreadScoresDelete = Schemas['ThreadScoresDelete']
/** A score as traces, spans and threads show it. */
export type FeedbackScore = Schemas['FeedbackScore']
/** The body of addTraceComment and updateTraceComment, and of the like for spans and threads. */
export type CommentWrite = Schemas['CommentWrite']
/** What addTraceComment, addSpanComment and addThreadComment answer. */
export type CommentMade = Schemas['CommentMade']
/** A comment as traces, spans and threads show it. */
export type Comment = Schemas['Comment']
/** The body of closeTraceThread and openTraceThread. */
export type ThreadNames = Schemas['ThreadNames']
/** The body of deleteTraceThreads. */
export type ThreadsDelete = Schemas['ThreadsDelete']
/** The body of searchTraceThreads. */
export type ThreadSearch = Schemas['ThreadSearch']
/** The body of updateThread. */
export type ThreadUpdate = Schemas['ThreadUpdate']
/** The body of batchUpdateThreads. */
export type ThreadBatchUpdate = Schemas['ThreadBatchUpdate']
/** What tracesExist and spansExist answer. */
export type Existence = Schemas['Existence']
