/** Whether a value that came from outside is a snapshot: every part that a restore relies on is looked at. */
import { ACTIVATION_KEY_BYTES, fromBase64 } from '../pairing.js'
import type { Snapshot } from './runner-mock.js'
import { isProfileName } from './profile.js'
import { isSettings, settingNames } from './settings.js'

type Form = (value: unknown) => boolean

const text: Form = (value) => typeof value === 'string'
const number: Form = (value) => typeof value === 'number' && Number.isFinite(value)
const flag: Form = (value) => typeof value === 'boolean'
const key: Form = (value) => typeof value === 'string' && fromBase64(value)?.length === ACTIVATION_KEY_BYTES
/** A time that a Date can hold. */
const instant: Form = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15
/** A present that ids and JSON can tell: from 1970 to the end of 9999. */
const present: Form = (value) => typeof value === 'number' && value >= 0 && value < Date.UTC(10_000, 0)
const time: Form = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))

function oneOf(...values: readonly unknown[]): Form {
  return (value) => values.includes(value)
}

function optional(form: Form): Form {
  return (value) => value === undefined || form(value)
}

function list(form: Form): Form {
  return (value) => Array.isArray(value) && value.every(form)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object with these members; others are of no concern. */
function members(forms: Readonly<Record<string, Form>>): Form {
  return (value) => isObject(value) && Object.entries(forms).every(([name, form]) => form(Reflect.get(value, name)))
}

function map(form: Form): Form {
  return (value) => isObject(value) && Object.values(value).every(form)
}

const owner = members({ workspace: text, user: text, owner: text })
const runnerType = oneOf('connect', 'endpoint')
const entry = members({ id: text, project_id: text })

const runner = members({
  id: text,
  owner,
  projectId: text,
  wire: members({ name: text, type: runnerType, connected_at: time }),
  activation: number,
  lastHeartbeat: instant,
  aliveUntil: optional(instant),
  deadSince: optional(instant),
  agents: list(members({ name: text, timeout: number })),
  capabilities: list(text),
  checklist: optional(isObject),
  cancelled: list(text),
  rate: members({ minute: number, commands: number, writes: number }),
  pendingJobs: list(text),
  pendingCommands: list(text),
})

const job = members({
  wire: members({
    id: text,
    runner_id: text,
    agent_name: text,
    status: oneOf('pending', 'running', 'completed', 'failed', 'cancelled'),
    project_id: text,
    timeout: number,
    created_at: time,
    completed_at: optional(time),
  }),
  logs: list(members({ stream: text, text })),
  startedAt: instant,
})

const command = members({
  wire: members({
    command_id: text,
    runner_id: text,
    type: text,
    status: oneOf('pending', 'picked_up', 'completed', 'failed', 'timed_out'),
    timeout_seconds: number,
    submitted_at: time,
    completed_at: optional(time),
  }),
  pickedUpAt: instant,
})

const session = members({
  id: text,
  runnerId: text,
  workspace: text,
  projectId: text,
  type: runnerType,
  activationKey: key,
  expiresAt: instant,
  isActivated: flag,
})

const file: Form = (value) => text(value) || members({ base64: text })(value)

const execution = members({
  job: members({ id: text, agent_name: text, timeout: number }),
  count: number,
  traceId: text,
  startedAt: instant,
  isReported: optional(flag),
  dice: optional(number),
  sleeps: list(members({ until: instant, passed: optional(flag) })),
  lines: number,
  cancelledAfter: optional(number),
})

const commandRun = members({
  item: members({ command_id: text, type: text, timeout_seconds: number }),
  startedAt: instant,
  outcome: optional(members({ status: oneOf('completed', 'failed') })),
  performedAt: optional(instant),
})

const work: Form = (value) =>
  members({ kind: oneOf('heartbeat') })(value) ||
  members({
    kind: oneOf('endpoint'),
    projectName: text,
    names: list(text),
    known: isObject,
    counts: map(number),
    jobs: list(execution),
  })(value) ||
  members({
    kind: oneOf('connect'),
    files: optional(map(file)),
    exec: isObject,
    latencyMs: number,
    signatures: oneOf('when-given', 'required'),
    lastPid: number,
    commands: list(commandRun),
  })(value)

const crew = members({
  agents: list(members({ name: text, agent: isObject })),
  runners: list(
    members({
      runner: members({
        id: text,
        projectId: text,
        type: runnerType,
        name: text,
        activationKey: optional(key),
        bridgeKey: optional(key),
      }),
      as: members({ workspace: optional(text), apiKey: optional(text), user: optional(text) }),
      rhythm: members({ beatAt: instant, isPolling: flag, pollAt: instant, pause: number }),
      work,
    }),
  ),
})

const snapshot = members({
  version: oneOf(1),
  clock: members({ now: present, frozen: flag }),
  ids: members({ random: number, lastMs: present, sequence: number }),
  random: number,
  settings: (value) => isSettings(value) && settingNames.every((name) => name in value),
  world: members({
    projects: map(list(members({ id: text, name: text, visibility: text, created_at: time }))),
    sessions: list(session),
    runners: list(runner),
    jobs: list(job),
    commands: list(command),
    traces: map(list(entry)),
    spans: map(list(entry)),
    reaper: optional(members({ due: number, after: optional(text) })),
  }),
  profile: optional(isProfileName),
  crew: optional(crew),
})

/** Whether a value is a snapshot as `mock.snapshot()` makes it. */
export function isSnapshot(value: unknown): value is Snapshot {
  return hasForm(value) && isConnected(value)
}

function hasForm(value: unknown): value is Snapshot {
  return snapshot(value)
}

/** Whether each runner has an id and a slot to itself, and each job and command a runner. */
function isConnected({ world: { runners, jobs, commands } }: Snapshot): boolean {
  const ids = new Set(runners.map(({ id }) => id))
  const slots = new Set(runners.map(({ owner, projectId, wire }) => [owner.owner, projectId, wire.type].join('\n')))
  const works = [...jobs, ...commands]
  return (
    ids.size === runners.length && slots.size === runners.length && works.every(({ wire }) => ids.has(wire.runner_id))
  )
}
