// Families of servers that lose or change something on the way: for each field of what runners and the web app send one that
// forgets it and one that stores another value, for each field of what they read one that leaves it out and one that shows
// another value, for each parameter of a query one that does not read it. Another value fits the schema as well.
import { severityOf } from '../../../src/contracts/suites/wire/negative-checks.js'
import { componentSchemas } from '../../../src/generated/component-schemas.js'
import type { OperationEntry } from '../../../src/generated/operations.js'
import { requestSchemas, type FieldSchema } from '../../../src/generated/request-schemas.js'
import { operations } from '../../../src/kernel/all-operations.js'
import { isOperationId, type OperationId } from '../../../src/kernel/operation.js'
import { defineFamily, type Mutant, type MutantDefinition, type Spoil } from '../mutant.js'
import { isObject, itemsOf, membersOf, without, type Members } from '../reply.js'
import { editRequest, editRequestBody, editResource } from '../spoils.js'

const table: Readonly<Record<OperationId, OperationEntry>> = operations

/** Areas that judge what becomes of stored values. */
const STORED = [
  ...['schema', 'pairing', 'pairing-crypto', 'slots', 'agents', 'checklist', 'heartbeat', 'job', 'job-reports'],
  ...['job-logs', 'bridge', 'bridge-reports', 'ordering', 'paging', 'time', 'runner', 'lifecycle', 'waiting-readers'],
]

/** Where it is judged whether an operation keeps what may be left out. */
const FORGOTTEN: Partial<Record<OperationId, readonly string[]>> = {
  createPairingSession: ['pairing', 'time'],
  heartbeat: ['heartbeat'],
  registerAgents: ['agents'],
  createJob: ['job'],
  reportJobResult: ['job-reports'],
  createBridgeCommand: ['bridge'],
  nextBridgeCommands: ['bridge'],
  reportBridgeResult: ['bridge-reports'],
}

const QUERIES: Partial<Record<OperationId, readonly string[]>> = {
  listRunners: ['runner', 'paging'],
  listJobs: ['paging'],
  getJobLogs: ['job-logs'],
  getBridgeCommand: ['waiting-readers'],
}

/** What neighbours are asked, as far as it is judged that they heed it; in a body by its place. */
const HEEDED: Partial<Record<OperationId, readonly string[]>> = {
  createProject: ['description'],
  createTraces: ['input', 'output', 'metadata', 'tags', 'error_info', 'end_time', 'project_name'].map(
    (field) => `traces.#.${field}`,
  ),
  createSpans: ['spans.#.parent_span_id'],
  findProjects: ['name'],
  getProjectStats: ['filters', 'name'],
  searchTraces: ['last_retrieved_id', 'limit', 'filters'],
  searchSpans: ['trace_id'],
  getTraceStats: ['filters'],
  getSpanStats: ['trace_id'],
  getTraceThreads: ['filters'],
}

/** What each operation shows, and where it is judged that nothing is left out. */
const SHOWN: Partial<Record<OperationId, { schema: string; areas: readonly string[] }>> = {
  heartbeat: { schema: 'LocalRunnerHeartbeatResponse', areas: ['heartbeat'] },
  getRunner: { schema: 'LocalRunner', areas: ['schema', 'pairing', 'agents', 'checklist', 'heartbeat'] },
  listRunners: { schema: 'LocalRunner', areas: ['schema', 'runner'] },
  getJob: { schema: 'LocalRunnerJob', areas: ['schema', 'job', 'job-reports'] },
  listJobs: { schema: 'LocalRunnerJob', areas: ['schema', 'job', 'job-reports', 'ordering'] },
  nextJob: { schema: 'LocalRunnerJob', areas: ['schema', 'job'] },
  getBridgeCommand: { schema: 'BridgeCommand', areas: ['schema', 'bridge', 'bridge-reports'] },
  nextBridgeCommands: { schema: 'BridgeCommandItem', areas: ['schema', 'bridge'] },
}

/** Fields that a job can have only when it is not handed out. */
const NEVER_HANDED_OUT = new Set(['completed_at', 'result', 'error', 'trace_id'])

const enums = new Map(
  Object.values(componentSchemas).flatMap((schema) => {
    const values = typeof schema === 'string' ? [] : itemsOf(schema.enum)
    return values.map((value, at) => [value, values[(at + 1) % values.length]] as const)
  }),
)

/** Another value of the same kind. */
function otherThan(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) return value.slice(1)
  if (isObject(value)) return Object.fromEntries(Object.entries(value).slice(1))
  if (typeof value !== 'string') return value
  if (/^[\da-f]{8}-[\da-f-]{27}$/i.test(value)) return '01900000-0000-7000-8000-00000000beef'
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return new Date(Date.parse(value) + 3_600_000).toISOString()
  return enums.get(value) ?? `${value}x`
}

const changed = (members: Members, field: string): Members =>
  field in members ? { ...members, [field]: otherThan(members[field]) } : members

function mutantOf(
  operation: OperationId,
  areas: readonly string[],
  [id, mistake]: readonly [string, string],
  spoil: Spoil,
): MutantDefinition {
  return { id, mistake: `${operation} ${mistake}.`, touches: [operation], areas, spoil }
}

/** A copy without what stands at a place: names of fields, `#` for each item of a list, `*` for each member of a map. */
function withoutAt(value: unknown, [step = '', ...rest]: readonly string[]): unknown {
  if (step === '#') return itemsOf(value).map((item) => withoutAt(item, rest))
  if (!isObject(value)) return value
  const changed = Object.entries(value).map(([name, member]) => [
    name,
    step === '*' || (step === name && rest.length > 0) ? withoutAt(member, rest) : member,
  ])
  const copy = Object.fromEntries(changed) as Members
  return step !== '*' && rest.length === 0 ? without(copy, step) : copy
}

/** The places of a schema's fields that may be left out. */
function optionalPlaces({ properties = {}, required = [], items, additionalProperties }: FieldSchema): string[][] {
  const inside = (step: string, schema: FieldSchema | undefined): string[][] =>
    schema === undefined ? [] : optionalPlaces(schema).map((place) => [step, ...place])
  return [
    ...Object.entries(properties).flatMap(([name, schema]) => [
      ...(required.includes(name) ? [] : [[name]]),
      ...inside(name, schema),
    ]),
    ...inside('#', items),
    ...inside('*', additionalProperties),
  ]
}

/** The key of an agent is its name, whatever the agent says. */
const UNREAD = new Set(['registerAgents.name'])

const stored: MutantDefinition[] = []
for (const [operation, schema] of Object.entries(requestSchemas)) {
  if (!isOperationId(operation) || severityOf(operation) !== 'must') continue
  for (const field of Object.keys(schema.properties ?? {})) {
    const say = [`schema/${operation}.${field}-stored-changed`, `stores another ${field} than it gets`] as const
    const change = editRequestBody((body) => changed(body, field))
    stored.push(mutantOf(operation, STORED, say, change))
  }
  const areas = FORGOTTEN[operation] ?? []
  for (const place of areas.length === 0 ? [] : optionalPlaces(schema)) {
    const name = place.filter((step) => step !== '*' && step !== '#').join('.')
    if (UNREAD.has(`${operation}.${name}`)) continue
    const forgets = [`${areas[0]}/${operation}.${name}-forgotten`, `takes ${name} and forgets it`] as const
    const forget = editRequestBody((body) => withoutAt(body, place))
    stored.push(mutantOf(operation, place.length > 1 ? ['schema', ...areas] : areas, forgets, forget))
  }
}

const ignored = Object.entries(QUERIES).flatMap(([operation, areas]) =>
  isOperationId(operation)
    ? table[operation].queryParameters.flatMap(({ name, required }) => {
        const say = [`${areas[0]}/${operation}.${name}-ignored`, `does not read ${name} in its query`] as const
        const ignore = editRequest(() => ({ query: { [name]: undefined } }))
        return required ? [] : [mutantOf(operation, areas, say, ignore)]
      })
    : [],
)

const unheeded = Object.entries(HEEDED).flatMap(([operation, names]) =>
  isOperationId(operation)
    ? names.map((name): MutantDefinition => {
        const isAsked = table[operation].queryParameters.some((parameter) => parameter.name === name)
        const spoil = isAsked
          ? editRequest(() => ({ query: { [name]: undefined } }))
          : editRequestBody((body) => withoutAt(body, name.split('.')))
        const say = [`projects/${operation}.${name}-unheeded`, `does not heed ${name}`] as const
        return { ...mutantOf(operation, ['projects', 'ingestion'], say, spoil), severity: 'should' }
      })
    : [],
)

const shown: MutantDefinition[] = []
for (const [operation, { schema, areas }] of Object.entries(SHOWN)) {
  if (!isOperationId(operation)) continue
  for (const field of Object.keys(membersOf(membersOf(componentSchemas[schema])['properties']))) {
    if (operation === 'nextJob' && NEVER_HANDED_OUT.has(field)) continue
    const leaves = [`schema/${operation}.${field}-left-out`, `leaves ${field} out`] as const
    const leaveOut = editResource((resource) => without(resource, field))
    const shows = [`schema/${operation}.${field}-shown-changed`, `shows another ${field}`] as const
    const change = editResource((resource) => changed(resource, field))
    shown.push(mutantOf(operation, areas, leaves, leaveOut), mutantOf(operation, STORED, shows, change))
  }
}

export const fieldMutants: readonly Mutant[] = [
  ...defineFamily('fields stored wrongly', stored),
  ...defineFamily('parameters ignored', [...ignored, ...unheeded]),
  ...defineFamily('fields shown wrongly', shown),
]
