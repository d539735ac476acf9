/**
 * The frozen ids of the requirements that a rule of the model stands for: what the checks of the same rule judge, the most
 * telling first. A test holds the ids against the list of requirements.
 */

/** Runners, jobs, commands and callers, as the checks of the model play them. */
const MODEL = { jobs: 'MODEL-001', commands: 'MODEL-002', runners: 'MODEL-003' } as const

const ofOperations: Readonly<Partial<Record<string, readonly string[]>>> = {
  createPairingSession: ['PAIR-001', MODEL.runners],
  activatePairingSession: ['PAIR-003', 'PAIR-015', 'TIME-020', MODEL.runners],
  listRunners: ['RUN-001', 'RUN-003', 'RUN-004', MODEL.runners],
  getRunner: ['PAIR-004', 'RUN-007', 'TIME-001', MODEL.runners],
  disconnectRunner: ['RUN-009', MODEL.runners],
  heartbeat: ['BEAT-009', 'BEAT-010', 'RUN-007', 'SLOT-001', MODEL.runners],
  registerAgents: ['AGENT-005', 'LIMIT-006', MODEL.runners],
  patchChecklist: ['LIST-018', MODEL.runners],
  createJob: ['JOB-014', 'AGENT-008', 'LIMIT-001', 'TIME-010', MODEL.jobs],
  getJob: ['JOB-005', 'REPORT-001', 'REPORT-010', 'TIME-033', MODEL.jobs],
  cancelJob: ['REPORT-015', 'REPORT-018', MODEL.jobs],
  getJobLogs: ['LOG-002', 'LOG-003', 'LOG-005', MODEL.jobs],
  appendJobLogs: ['LOG-010', 'LIMIT-008', MODEL.jobs],
  reportJobResult: ['REPORT-001', 'REPORT-010', MODEL.jobs],
  listJobs: ['REPORT-011', 'PAGE-009', MODEL.jobs],
  nextJob: ['JOB-005', 'ORDER-001', 'RACE-001', 'POLL-003', MODEL.jobs],
  createBridgeCommand: ['BRIDGE-001', 'BRIDGE-013', 'LIMIT-010', 'TIME-011', MODEL.commands],
  nextBridgeCommands: ['BRIDGE-004', 'BRIDGE-011', 'ORDER-008', 'POLL-015', MODEL.commands],
  getBridgeCommand: ['BRIDGE-003', 'OUTCOME-001', 'WAIT-001', MODEL.commands],
  reportBridgeResult: ['OUTCOME-006', 'RACE-006', MODEL.commands],
}

const ofOthers: Readonly<Record<string, readonly string[]>> = {
  'answer/error': ['WIRE-010', 'INPUT-208'],
  'answer/header': ['WIRE-011'],
  'answer/media': ['SYS-003'],
  'heartbeat/announces': ['BEAT-009', 'BEAT-014', 'RACE-011'],
  'ids/new': ['WIRE-007', 'RACE-014'],
  'ids/unknown': ['LIFE-007', 'LIFE-052', 'ISO-001'],
  'page/filter': ['RUN-003', 'RUN-004', 'PAGE-008'],
  'page/jobs': ['PAGE-001', 'PAGE-002', 'ORDER-004'],
  'page/number': ['PAGE-004'],
  'page/once': ['PAGE-001', 'PAGE-011'],
  'page/order': ['ORDER-004', 'ORDER-009'],
  'page/runners': ['PAGE-011', 'ORDER-009', 'ISO-005'],
  'page/size': ['PAGE-006', 'PAGE-007'],
  'poll/held': ['POLL-003', 'POLL-015', 'WAIT-009'],
  'poll/late': ['POLL-001', 'POLL-013', 'WAIT-001'],
  'rate/commands': ['LIMIT-015', 'LIMIT-016'],
  'runner/slot': ['SLOT-001', 'RACE-013'],
}

/** Requirements of an operation's answers: their form, and the requests that it refuses. */
const SCHEMA: Readonly<Partial<Record<string, readonly [form: string, fields: string, whole: string]>>> = {
  createPairingSession: ['SCHEMA-001', 'INPUT-001', 'INPUT-041'],
  activatePairingSession: ['SCHEMA-002', 'INPUT-002', 'INPUT-042'],
  listRunners: ['SCHEMA-003', 'INPUT-043', 'INPUT-134'],
  getRunner: ['SCHEMA-004', 'INPUT-044', 'INPUT-135'],
  disconnectRunner: ['SCHEMA-005', 'INPUT-045', 'INPUT-136'],
  heartbeat: ['SCHEMA-006', 'INPUT-003', 'INPUT-046'],
  registerAgents: ['SCHEMA-007', 'INPUT-004', 'INPUT-047'],
  patchChecklist: ['SCHEMA-008', 'INPUT-005', 'INPUT-048'],
  createJob: ['SCHEMA-009', 'INPUT-006', 'INPUT-049'],
  getJob: ['SCHEMA-010', 'INPUT-050', 'INPUT-137'],
  cancelJob: ['SCHEMA-011', 'INPUT-051', 'INPUT-138'],
  getJobLogs: ['SCHEMA-012', 'INPUT-052', 'INPUT-139'],
  appendJobLogs: ['SCHEMA-013', 'INPUT-007', 'INPUT-053'],
  reportJobResult: ['SCHEMA-014', 'INPUT-008', 'INPUT-054'],
  listJobs: ['SCHEMA-015', 'INPUT-055', 'INPUT-140'],
  nextJob: ['SCHEMA-016', 'INPUT-056', 'INPUT-141'],
  createBridgeCommand: ['SCHEMA-017', 'INPUT-009', 'INPUT-057'],
  nextBridgeCommands: ['SCHEMA-018', 'INPUT-010', 'INPUT-058'],
  getBridgeCommand: ['SCHEMA-019', 'INPUT-059', 'INPUT-142'],
  reportBridgeResult: ['SCHEMA-020', 'INPUT-011', 'INPUT-060'],
}

/** Rules that stand for what the schema of the operation says. */
const OF_SCHEMA: Readonly<Record<string, readonly number[]>> = {
  'answer/body': [0],
  'answer/header': [0],
  'answer/media': [0],
  'answer/status': [0],
  'answer/times': [0],
  'refusal/missing': [1, 2],
  'refusal/reason': [0],
}

/** The rules that a judge may name besides `model/<operation>`. */
export const otherRules: readonly string[] = [...new Set([...Object.keys(ofOthers), ...Object.keys(OF_SCHEMA)])]

/** The ids for a verdict by a rule about an operation's answer. */
export function requirementsOfRule(rule: string, operation: string | undefined): readonly string[] {
  const schema = SCHEMA[operation ?? ''] ?? []
  const ofOperation = (OF_SCHEMA[rule] ?? []).flatMap((at) => schema[at] ?? [])
  const [area, name = ''] = rule.split('/')
  const own = area === 'model' ? (ofOperations[name] ?? []) : (ofOthers[rule] ?? [])
  return [...ofOperation, ...own]
}
