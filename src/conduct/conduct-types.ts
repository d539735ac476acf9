/** What is said of clients, in types: verdicts, reports, and what they are made from. Nothing is loaded for them. */
export type {
  ConductEvidence,
  ConductRecording,
  ConductReport,
  ConductReportOptions,
  ConductVerdict,
  RunnerConduct,
} from '../generated/kit-schema.js'
import type { ConductVerdict } from '../generated/kit-schema.js'

/** `must`: the backend or its users rely on it. `should`: good manners, which published SDKs do not all have. */
export type ConductSeverity = ConductVerdict['severity']

/** What became of a rule. */
export type ConductOutcome = ConductVerdict['outcome']
