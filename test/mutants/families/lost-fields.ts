// Families of servers that lose something on the way: for each optional field of what runners and the web app send, and for
// each parameter of a query, one that takes it and forgets it; for each field of what they read, one that leaves it out.
import { operations } from '../../../src/kernel/all-operations.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { componentSchemas } from '../../../src/generated/component-schemas.js'
import type { OperationEntry } from '../../../src/generated/operations.js'
import { requestSchemas } from '../../../src/generated/request-schemas.js'
import { defineFamily, type Mutant, type MutantDefinition } from '../mutant.js'
import { isObject, membersOf, without } from '../reply.js'
import { editRequest, editResource } from '../spoils.js'

const table: Readonly<Record<OperationId, OperationEntry>> = operations

/** Where the fate of what each operation carries is judged. */
const JUDGES = {
  createPairingSession: ['pairing', 'time'],
  heartbeat: ['heartbeat'],
  createJob: ['job'],
  reportJobResult: ['job-reports'],
  createBridgeCommand: ['bridge'],
  nextBridgeCommands: ['bridge'],
  reportBridgeResult: ['bridge-reports'],
} as const satisfies Partial<Record<OperationId, readonly string[]>>

const QUERY_JUDGES = {
  listRunners: ['runner', 'paging'],
  listJobs: ['paging'],
  getJobLogs: ['job-logs'],
  getBridgeCommand: ['waiting-readers'],
} as const satisfies Partial<Record<OperationId, readonly string[]>>

function isKeyOf<Key extends string>(record: Readonly<Record<Key, unknown>>, key: string): key is Key {
  return Object.hasOwn(record, key)
}

function forgets(operation: OperationId, field: string, areas: readonly string[]): MutantDefinition {
  return {
    id: `${areas[0] ?? ''}/${operation}.${field}-forgotten`,
    mistake: `${operation} takes ${field} and forgets it.`,
    touches: [operation],
    areas,
    spoil: editRequest(({ body, members }) => (isObject(body) ? { body: without(members, field) } : undefined)),
  }
}

const forgotten = Object.entries(requestSchemas).flatMap(([operation, { properties = {}, required = [] }]) =>
  isKeyOf(JUDGES, operation)
    ? Object.keys(properties).flatMap((field) =>
        required.includes(field) ? [] : [forgets(operation, field, JUDGES[operation])],
      )
    : [],
)

function ignores(operation: OperationId, name: string, areas: readonly string[]): MutantDefinition {
  return {
    id: `${areas[0] ?? ''}/${operation}.${name}-ignored`,
    mistake: `${operation} does not read ${name} in its query.`,
    touches: [operation],
    areas,
    spoil: editRequest(() => ({ query: { [name]: undefined } })),
  }
}

const ignored = Object.entries(QUERY_JUDGES).flatMap(([operation, areas]) =>
  isKeyOf(QUERY_JUDGES, operation)
    ? table[operation].queryParameters.flatMap(({ name, required }) =>
        required ? [] : [ignores(operation, name, areas)],
      )
    : [],
)

/** What each operation shows, and where it is judged. */
const SHOWN = {
  getRunner: { schema: 'LocalRunner', areas: ['schema', 'pairing', 'agents', 'checklist', 'heartbeat'] },
  listRunners: { schema: 'LocalRunner', areas: ['schema', 'runner'] },
  getJob: { schema: 'LocalRunnerJob', areas: ['schema', 'job', 'job-reports'] },
  listJobs: { schema: 'LocalRunnerJob', areas: ['schema', 'job', 'job-reports', 'ordering'] },
  nextJob: { schema: 'LocalRunnerJob', areas: ['schema', 'job'] },
  getBridgeCommand: { schema: 'BridgeCommand', areas: ['schema', 'bridge', 'bridge-reports'] },
  nextBridgeCommands: { schema: 'BridgeCommandItem', areas: ['schema', 'bridge'] },
} as const satisfies Partial<Record<OperationId, unknown>>

function fieldsOf(schema: string): string[] {
  return Object.keys(membersOf(membersOf(componentSchemas[schema])['properties']))
}

/** Fields that a job can have only when it is not handed out. */
const NEVER_HANDED_OUT = new Set(['completed_at', 'result', 'error', 'trace_id'])

const leftOut = Object.entries(SHOWN).flatMap(([operation, { schema, areas }]): MutantDefinition[] =>
  isKeyOf(SHOWN, operation)
    ? fieldsOf(schema)
        .filter((field) => operation !== 'nextJob' || !NEVER_HANDED_OUT.has(field))
        .map((field) => ({
          id: `schema/${operation}.${field}-left-out`,
          mistake: `${operation} leaves ${field} out.`,
          touches: [operation],
          areas,
          spoil: editResource((resource) => without(resource, field)),
        }))
    : [],
)

export const lostFieldMutants: readonly Mutant[] = [
  ...defineFamily('fields forgotten', forgotten),
  ...defineFamily('parameters ignored', ignored),
  ...defineFamily('fields left out', leftOut),
]
