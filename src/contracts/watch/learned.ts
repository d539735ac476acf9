/** What an answer teaches of a thing of which nothing was known. */
import type { Agent } from '../../kernel/types.js'
import { fieldOf, isRecord, recordsOf, textOf } from '../model/rules/call.js'
import {
  createRunner,
  PENDING,
  type Command,
  type Job,
  type JobFace,
  type Moment,
  type Runner,
  type World,
  seen,
} from '../model/rules/model-world.js'

/** Some time before now. */
function before(now: Moment): Moment {
  return { from: -Infinity, to: now.to }
}

/** A runner as it is shown to its owner; undefined when what is shown does not tell all. */
export function learnRunner(shown: unknown, owner: string, now: Moment): Runner | undefined {
  const [id, name, projectId] = ['id', 'name', 'project_id'].map((field) => textOf(shown, field))
  const type = textOf(shown, 'type') === 'connect' ? 'connect' : 'endpoint'
  // Of a runner that is not connected nobody is told the agents.
  if (id === undefined || name === undefined || projectId === undefined || textOf(shown, 'status') !== 'connected')
    return undefined
  const capabilities = fieldOf(shown, 'capabilities')
  const checklist = fieldOf(shown, 'checklist')
  return {
    ...createRunner({ id, owner, projectId, type, name, activated: before(now) }),
    agents: Object.fromEntries(recordsOf(fieldOf(shown, 'agents')).flatMap(toAgent)),
    capabilities: Array.isArray(capabilities) ? capabilities.map(String) : [],
    checklist: isRecord(checklist) ? checklist : undefined,
    beat: before(now),
    firstDeath: -Infinity,
  }
}

function toAgent(record: Record<string, unknown>): [string, Agent][] {
  const name = textOf(record, 'name')
  return [[name, { ...record, name }]]
}

const REQUEST = ['agent_name', 'project_id', 'inputs', 'mask_id', 'prompt_masks', 'blueprint_name', 'metadata']

/** A job as it is shown. */
export function learnJob(world: World, shown: unknown, now: Moment): Job | undefined {
  const record = isRecord(shown) ? shown : {}
  const [id, runnerId, status] = ['id', 'runner_id', 'status'].map((field) => textOf(record, field))
  const known = (['pending', 'running', 'completed', 'failed', 'cancelled'] as const).find((each) => each === status)
  const runner = world.runners.get(runnerId ?? '')
  if (id === undefined || runner === undefined || known === undefined) return undefined
  const ended = known === 'pending' || known === 'running' ? undefined : before(now)
  const hasStarted = Object.hasOwn(record, 'started_at')
  const face: JobFace = {
    ...{ ...PENDING, status: known, result: seen(record, 'result'), error: seen(record, 'error') },
    ...{ hasStarted, ended, wasCutOff: known === 'cancelled' },
    traceId: textOf(record, 'trace_id') || undefined,
    endedBefore: ended === undefined && Object.hasOwn(record, 'completed_at') ? before(now) : undefined,
  }
  const mayBeHandedOut = known === 'pending' || (!hasStarted && known !== 'cancelled')
  runner.jobs = [id]
  runner.queue = mayBeHandedOut ? [id] : []
  runner.unannounced = known === 'cancelled' ? [{ id, isCertain: false }] : []
  return {
    ...{ id, runnerId: runner.id, created: before(now), createdAt: undefined, faces: [face], logs: [] },
    request: Object.fromEntries(
      REQUEST.filter((name) => Object.hasOwn(record, name)).map((name) => [name, record[name]]),
    ),
    timeoutMs: 1000 * Number(record['timeout'] ?? 0),
    started: hasStarted ? before(now) : undefined,
    ...{ isGone: false, mayBeGone: true },
  }
}

const TYPES = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'] as const

/** A command as it is shown to a reader. */
export function learnCommand(world: World, shown: unknown, now: Moment): Command | undefined {
  const record = isRecord(shown) ? shown : {}
  const [id, runnerId] = ['command_id', 'runner_id'].map((field) => textOf(record, field))
  const status = STATUSES.find((each) => each === record['status'])
  const type = TYPES.find((each) => each === record['type'])
  const runner = world.runners.get(runnerId ?? '')
  if (id === undefined || runner === undefined || status === undefined || type === undefined) return undefined
  runner.commands = [id]
  runner.commandQueue = status === 'pending' ? [id] : []
  return {
    ...{
      id,
      runnerId: runner.id,
      type,
      args: record['args'],
      timeoutMs: 1000 * Number(record['timeout_seconds'] ?? 0),
    },
    ...{ status, submitted: before(now), submittedAt: undefined },
    pickedUp: Object.hasOwn(record, 'picked_up_at') ? before(now) : undefined,
    ended: status === 'pending' || status === 'picked_up' ? undefined : before(now),
    ...{ result: seen(record, 'result'), error: seen(record, 'error'), duration: seen(record, 'duration_ms') },
    ...{ isGone: false, mayBeGone: true },
  }
}

const STATUSES = ['pending', 'picked_up', 'completed', 'failed', 'timed_out'] as const
