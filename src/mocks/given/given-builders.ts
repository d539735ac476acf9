// What `mock.given` offers, and the builders behind it. Everything that the public API can do is done through it; only
// what takes time or another process (a lapse, an expiry, a hand-out out of turn) is brought about directly, by the
// same lifecycle rules.
import { expectForm, type OptionSchema } from '../../kernel/validate-options.js'
import * as forms from '../../generated/kit-later.js'
import type { Blueprint, BridgeCommand, LocalRunnerJob, Prompt, Trace } from '../../kernel/types.js'
import { createCall, expectSuccess, type Credentials } from '../agents/call-api.js'
import { deriveBridgeKey } from '../../kernel/pairing.js'
import type { Handle } from '../engine/engine.js'
import { DEFAULT_WORKSPACE } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import * as neighbours from './given-neighbours.js'
import type { BlueprintRequest, PromptRequest, TraceRequest } from './given-neighbours.js'
import { createCommand, createJob, type CommandRequest, type JobRequest } from './given-work.js'
import {
  createPairingLink,
  createSession,
  type GivenSession,
  type PairingLinkRequest,
  type SessionRequest,
} from './given-session.js'
import {
  backdate,
  withId,
  toAgentMap,
  type GivenHost,
  type GivenRunner,
  type RunnerRequest,
  type GivenContext,
} from './given-runner.js'

/** Builders for every state of every resource. Each resolves when the state is there. */
export interface Given {
  /** A project; its name must be free, and its id, if one is given. */
  project(request: { name: string; id?: string; as?: Credentials }): Promise<{ id: string; name: string }>
  /** A runner with a fresh heartbeat. Nothing keeps it alive: its heartbeat lapses like any other. */
  connectedRunner(request?: RunnerRequest): Promise<GivenRunner>
  /** A runner whose heartbeat has lapsed just now. */
  disconnectedRunner(request?: RunnerRequest): Promise<GivenRunner>
  /** A runner that lost its slot to another one: gone for everybody. */
  evictedRunner(request?: RunnerRequest): Promise<GivenRunner>
  /** Lets the heartbeat of a connected runner lapse now; its jobs and commands stay as they are. */
  lapse(runner: GivenRunner): Promise<void>
  /** Takes a runner's slot away: it is gone for everybody, with its jobs and commands, and the slot is free. */
  evict(runner: GivenRunner): Promise<void>
  /** A job in any state, on the given runner or on a new one. */
  job(request?: JobRequest): Promise<LocalRunnerJob>
  /** A bridge command in any state, on the given runner or on a new one. */
  command(request?: CommandRequest): Promise<BridgeCommand>
  /** A pairing session: open, activated or expired. */
  session(request?: SessionRequest): Promise<GivenSession>
  /** A trace and its spans, as an agent has left them. */
  trace(request: TraceRequest): Promise<Trace>
  /** The next version of a project's configuration; its first one makes the configuration. */
  blueprint(request: BlueprintRequest): Promise<Blueprint>
  /** A prompt with its versions. */
  prompt(request: PromptRequest): Promise<Prompt>
  /** The link that a daemon prints for a pairing session of its own, which it opens with it. */
  pairingLink(request?: PairingLinkRequest): Promise<string>
}

/** @param handle answers their calls */
export function createBuilders(host: GivenHost, handle: Handle = (exchange) => host.undisturbed(exchange)): Given {
  const stage: GivenContext = {
    host,
    callAs: (as) => createCall(handle, as),
    connect: (request) => connect(stage, request),
    recordOf(runner) {
      const record = host.world.runners.get(runner.id)
      if (record !== undefined) return record
      throw new Error(`The runner ${runner.id} is gone: it was disconnected, evicted or purged, or the mock was reset.`)
    },
  }
  const by =
    <Request, Made>(name: keyof Given, form: OptionSchema, make: Make<Request, Made>) =>
    async (request: Request): Promise<Made> => {
      expectForm(form, request, `mock.given.${name}`)
      return make(stage, request)
    }
  /** The same, for a request that may be left out. */
  const byAny = <Request extends object, Made>(...parts: Parameters<typeof by<Partial<Request>, Made>>) => {
    const build = by(...parts)
    return async (request: Partial<Request> = {}): Promise<Made> => build(request)
  }
  return {
    project: by('project', forms.ProjectRequest, neighbours.createProject),
    connectedRunner: byAny('connectedRunner', forms.RunnerRequest, connect),
    disconnectedRunner: byAny('disconnectedRunner', forms.RunnerRequest, connectLapsed),
    evictedRunner: byAny('evictedRunner', forms.RunnerRequest, connectEvicted),
    lapse: by('lapse', forms.GivenRunner, letLapse),
    evict: by('evict', forms.GivenRunner, evict),
    job: byAny('job', forms.JobRequest, createJob),
    command: byAny('command', forms.CommandRequest, createCommand),
    session: byAny('session', forms.SessionRequest, createSession),
    trace: by('trace', forms.TraceRequest, neighbours.createTrace),
    blueprint: by('blueprint', forms.BlueprintRequest, neighbours.createBlueprint),
    prompt: by('prompt', forms.PromptRequest, neighbours.createPrompt),
    pairingLink: byAny('pairingLink', forms.PairingLinkRequest, createPairingLink),
  }
}

type Make<Request, Made> = (stage: GivenContext, request: Request) => Made | Promise<Made>

async function connectLapsed(stage: GivenContext, request: RunnerRequest): Promise<GivenRunner> {
  const runner = await connect(stage, request)
  letLapse(stage, runner)
  return runner
}

async function connectEvicted(stage: GivenContext, request: RunnerRequest): Promise<GivenRunner> {
  const runner = await connect(stage, request)
  await connect(stage, { ...request, projectId: runner.projectId })
  return runner
}

function evict(stage: GivenContext, runner: GivenRunner): void {
  stage.host.world.runners.evict(stage.recordOf(runner).id)
  stage.host.journal.turn()
}

function letLapse(stage: GivenContext, runner: GivenRunner): void {
  stage.host.world.runners.letLapse(stage.recordOf(runner))
  stage.host.journal.turn()
}

async function connect(stage: GivenContext, request: RunnerRequest): Promise<GivenRunner> {
  const { type = 'endpoint', name = 'given-runner', agents = [], as = {}, id, ago_ms = 0 } = request
  const call = stage.callAs(as)
  const { runnerId, ...session } = await withId(stage.host, 'runner', id, () =>
    createSession(stage, { ...request, type, name, status: 'activated' }),
  )
  const { id: sessionId, activationKey } = session
  const bridgeKey = await deriveBridgeKey(activationKey, sessionId)
  const keys = { sessionId, activationKey, bridgeKey }
  const runner = { id: runnerId, ...keys, projectId: session.projectId, type, name, headers: headersOf(as), as }
  if (ago_ms > 0) {
    backdate(stage.recordOf(runner).wire, { connected_at: stage.host.world.now() - ago_ms })
    stage.host.journal.turn()
  }
  const path = { runnerId }
  const capabilities = request.capabilities ?? (type === 'connect' ? ['bridge'] : [])
  await expectSuccess(call)('heartbeat', { path, body: { capabilities: [...capabilities] } })
  await expectSuccess(call)('registerAgents', { path, body: toAgentMap(agents) })
  if (request.checklist !== undefined) {
    await expectSuccess(call)('patchChecklist', { path, body: request.checklist })
  }
  return runner
}

function headersOf({ workspace = DEFAULT_WORKSPACE, apiKey }: Credentials): Record<string, string> {
  return { 'comet-workspace': workspace, ...omitUndefined({ authorization: apiKey }) }
}
