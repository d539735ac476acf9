/** Stories of calls: as they are read from a file, where things are counted from one; and their steps as calls of the API. */
import { pathParametersOf, runnerOperations } from '../../kernel/operation.js'
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { textAt } from '../../kernel/json-value.js'
import { decidedOperations, isDecided } from '../roles.js'
import type { TimerLimits } from '../timers.js'
import { COMMAND_SECONDS, READER_SECONDS, SESSION_SECONDS, type CallAction, type Action } from './small-world.js'
import { KitError } from '../../kernel/errors.js'
import type { StoryFile, StoryStep } from '../../generated/kit-schema.js'

/** Where a story is played. */
export interface StoryPlace {
  /** Names of the two callers. */
  readonly callers: readonly [string, string]
  readonly projectId: string
  /** A UUID that names nothing. */
  readonly unknownId: string
  readonly limits: TimerLimits
  /** The timeout of commands. Default: that of the walk. */
  readonly commandSeconds?: number
}

/** Turns the steps of one story into calls; what calls make is learnt from their answers. */
export class StoryCalls {
  private readonly place: StoryPlace
  /** Ids by the kind of resource and its number. */
  private readonly ids = new Map<string, string>()

  constructor(place: StoryPlace) {
    this.place = place
  }

  callOf(action: CallAction, projectId = this.place.projectId): ApiCall {
    const { on, caller, runner, work, form } = action
    const { callers } = this.place
    const ids: Readonly<Record<string, string>> = {
      sessionId: this.idOf('session', runner),
      runnerId: this.idOf('runner', runner),
      jobId: this.idOf(`job ${runner}`, work),
      commandId: this.idOf(`command ${runner}`, work),
    }
    const path = Object.fromEntries(pathParametersOf(runnerOperations[on]).map((name) => [name, ids[name] ?? '']))
    const query: ApiCall['query'] =
      on === 'listRunners'
        ? { project_id: projectId }
        : form['wait'] === 'true'
          ? { wait: true, timeout: READER_SECONDS }
          : {}
    const call: ApiCall = {
      operation: on,
      caller: callers[caller] ?? callers[0],
      path,
      query,
      body: bodies[on]?.(action, { ...this.place, projectId }),
    }
    if (on !== 'createPairingSession' && on !== 'activatePairingSession') return call
    return { ...call, secret: form['key'] === 'unusable' || form['proof'] === 'invalid' ? 'wrong' : 'right' }
  }

  /**
   * Learns the ids of the resources that a call has made. `made`: its number, for jobs and commands that of its runner
   * as well.
   */
  learn({ on }: CallAction, answer: ApiAnswer, made: { readonly id: number; readonly runner: number }): void {
    if (answer.status !== 201) return
    if (on === 'createPairingSession') {
      this.ids.set(`session ${made.id}`, textAt(answer.body, 'session_id'))
      this.ids.set(`runner ${made.id}`, textAt(answer.body, 'runner_id'))
    } else if (on === 'createJob' || on === 'createBridgeCommand') {
      const kind = on === 'createJob' ? 'job' : 'command'
      this.ids.set(`${kind} ${made.runner} ${made.id}`, answer.createdId ?? '')
    }
  }

  private idOf(kind: string, number: number): string {
    return this.ids.get(`${kind} ${number}`) ?? this.place.unknownId
  }
}

/** The body of each call that has one. */
const bodies: Readonly<Partial<Record<string, (action: CallAction, place: StoryPlace) => unknown>>> = {
  createPairingSession: ({ form }, { projectId, unknownId }) => ({
    project_id: form['project'] === 'unknown' ? unknownId : projectId,
    ...{ type: form['type'] ?? 'endpoint', ttl_seconds: SESSION_SECONDS },
  }),
  activatePairingSession: ({ runner }) => ({ runner_name: `runner ${runner + 1}` }),
  heartbeat({ form }) {
    if (form['capabilities'] === 'invalid') return { capabilities: ['Not Valid'] }
    return form['declares'] === undefined ? undefined : { capabilities: ['jobs', form['declares']] }
  },
  registerAgents({ form }, { limits }) {
    const count = form['agents'] === 'too_many' ? limits.max_agents_per_runner + 1 : form['names'] === 'none' ? 0 : 1
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [at === 0 ? AGENT : `agent ${at}`, {}]))
  },
  patchChecklist: ({ form }, { limits }) => ({ note: textOf(form['checklist'], limits) }),
  createJob: ({ form }, { projectId }) => ({
    agent_name: form['agent'] === 'unknown' ? 'no agent' : AGENT,
    project_id: projectId,
  }),
  reportJobResult: ({ form }) => ({
    status: form['status'] ?? 'completed',
    ...(form['status'] === 'failed' ? { error: 'no' } : { result: {} }),
  }),
  appendJobLogs({ form }, { limits }) {
    const length = form['batch'] === 'too_long' ? limits.max_log_entries_per_batch + 1 : 1
    return Array.from({ length }, () => ({ stream: 'stdout', text: 'a line' }))
  },
  createBridgeCommand: ({ form }, { limits, commandSeconds = COMMAND_SECONDS }) => ({
    // Writes have the lower rate.
    type: form['rate'] === 'exceeded' ? 'WriteFile' : 'ReadFile',
    args: { path: textOf(form['payload'], limits), ...(form['rate'] === 'exceeded' && { content: 'x' }) },
    timeout_seconds: commandSeconds,
  }),
  nextBridgeCommands: ({ form }) => (form['most'] === undefined ? undefined : { max_commands: Number(form['most']) }),
  reportBridgeResult: ({ form }, { limits }) => ({
    status: form['status'] ?? 'completed',
    ...(form['outcome'] === 'missing' ? {} : { result: { text: textOf(form['payload'], limits) } }),
  }),
}

/** What is oversized is so however a server spells its JSON. */
function textOf(size: string | undefined, limits: TimerLimits): string {
  return size === 'oversized' ? 'x'.repeat(limits.bridge_max_payload_bytes * 1.25) : 'x'
}

const AGENT = 'echo'

/** A story, and what it is about. */
export interface CallStory {
  readonly story: string
  readonly steps: readonly Action[]
}

/**
 * Reads a story that its schema has let pass.
 * @throws KitError `story/form` for a step that does nothing that is known
 */
export function readStory({ story, steps }: StoryFile): CallStory {
  return { story, steps: steps.map(readStep) }
}

function readStep(step: StoryStep): Action {
  const { do: on, caller = 1, runner = 0, job, command, wait = 1, lost = false } = step
  if (on === 'pass') return { on }
  if (on === 'hangUp') return { on, wait: wait - 1 }
  if (!isDecided(on)) {
    throw new KitError('story/form', {
      failed: 'A step of the story does nothing that is known.',
      value: on,
      fix: `Use pass, hangUp or one of ${decidedOperations.join(', ')}.`,
    })
  }
  const form: CallAction['form'] = { ...step.with }
  const call: CallAction = { on, caller: caller - 1, runner: runner - 1, work: (job ?? command ?? 0) - 1, form }
  return lost ? { ...call, isLost: true } : call
}
