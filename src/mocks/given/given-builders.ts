/**
 * The builders behind `mock.given`. Everything that the public API can do is done through it; only what takes time or
 * another process (a lapse, an expiry, a hand-out out of turn) is brought about directly, by the same lifecycle rules.
 */
import { sharedPart } from '../../kernel/carry.js'
import { expectForm } from '../../kernel/form.js'
import {
  BlueprintRequest,
  CommandRequest,
  GivenRunner as GivenRunnerForm,
  JobRequest,
  PairingLinkRequest,
  ProjectRequest,
  RunnerRequest as RunnerForm,
  SessionRequest,
  TraceRequest,
} from '../../generated/kit-later.js'
import { createCall, unexpected, type Credentials } from '../agents/api-call.js'
import { pairRunner } from '../agents/pair-runner.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER } from '../base/identity.js'
import type { RunnerRecord } from '../world/records.js'
import type { World } from '../world/world.js'
import { perhaps } from '../base/words.js'
import { toAgentMap } from './agent-map.js'
import { createBlueprint } from './given-blueprint.js'
import { createCommand } from './given-command.js'
import type { Given } from './given-types.js'
import { createJob } from './given-job.js'
import { backdate, withIds } from './given-past.js'
import { createPairingLink, createSession } from './given-session.js'
import { createTrace } from './given-trace.js'
import {
  defaultProject,
  type GivenHost,
  type GivenParts,
  type GivenRunner,
  type RunnerRequest,
  type GivenContext,
} from './given-runner.js'

/** Creates the builders of a mock. */
export function buildersOf(host: GivenHost): Given {
  const { ids, random, journal } = host
  const handle: GivenParts['handle'] = (exchange) => host.undisturbed(exchange)
  return createBuilders({ handle, world: () => host.world, ids, random, journal })
}

/** Creates the builders. */
export function createBuilders(parts: GivenParts): Given {
  const stage: GivenContext = {
    ...parts,
    callAs: (as) => createCall(parts.handle, as),
    connect: (request) => connect(stage, request),
    recordOf: (runner) => recordOf(parts.world(), runner),
  }
  return {
    async project(request) {
      expectForm(ProjectRequest, request, 'mock.given.project')
      return createProject(stage, request)
    },
    ...createRunnerBuilders(stage),
    async job(request = {}) {
      expectForm(JobRequest, request, 'mock.given.job')
      return createJob(stage, request)
    },
    async command(request = {}) {
      expectForm(CommandRequest, request, 'mock.given.command')
      return createCommand(stage, request)
    },
    async session(request = {}) {
      expectForm(SessionRequest, request, 'mock.given.session')
      return createSession(stage, request)
    },
    async trace(request) {
      expectForm(TraceRequest, request, 'mock.given.trace')
      return createTrace(stage, request)
    },
    async blueprint(request) {
      expectForm(BlueprintRequest, request, 'mock.given.blueprint')
      return createBlueprint(stage, request)
    },
    async pairingLink(request = {}) {
      expectForm(PairingLinkRequest, request, 'mock.given.pairingLink')
      return createPairingLink(stage, request)
    },
  }
}

type RunnerBuilders = Pick<Given, 'connectedRunner' | 'disconnectedRunner' | 'evictedRunner' | 'lapse' | 'evict'>

function createRunnerBuilders(stage: GivenContext): RunnerBuilders {
  return {
    async connectedRunner(request = {}) {
      expectForm(RunnerForm, request, 'mock.given.connectedRunner')
      return connect(stage, request)
    },
    async disconnectedRunner(request = {}) {
      expectForm(RunnerForm, request, 'mock.given.disconnectedRunner')
      const runner = await connect(stage, request)
      letLapse(stage, runner)
      return runner
    },
    async evictedRunner(request = {}) {
      expectForm(RunnerForm, request, 'mock.given.evictedRunner')
      const runner = await connect(stage, request)
      await connect(stage, { ...request, projectId: runner.projectId })
      return runner
    },
    async lapse(runner) {
      expectForm(GivenRunnerForm, runner, 'mock.given.lapse')
      letLapse(stage, runner)
    },
    async evict(runner) {
      expectForm(GivenRunnerForm, runner, 'mock.given.evict')
      stage.world().runners.evict(stage.recordOf(runner).id)
      stage.journal.turn()
    },
  }
}

function letLapse(stage: GivenContext, runner: GivenRunner): void {
  stage.world().runners.letLapse(stage.recordOf(runner))
  stage.journal.turn()
}

async function connect(stage: GivenContext, request: RunnerRequest): Promise<GivenRunner> {
  const { type = 'endpoint', name = 'given-runner', agents = [], as = {}, id, ago_ms = 0 } = request
  const call = stage.callAs(as)
  const projectId = request.projectId ?? request.project_id ?? (await defaultProject(call))
  const fields = sharedPart('CreateSessionRequest', request)
  const activation = sharedPart('ActivateRequest', request)
  if (id !== undefined && stage.world().runners.get(id) !== undefined)
    throw new Error(`There is a runner ${id} already.`)
  // The first id that is drawn is the session's.
  const paired = await withIds(stage.ids, [undefined, id], () =>
    pairRunner(call, { projectId, type, name, random: stage.random, fields, activation }),
  )
  const runner = { ...paired, headers: headersOf(as), as }
  if (ago_ms > 0) {
    backdate(stage.recordOf(runner).wire, { connected_at: stage.world().now() - ago_ms })
    stage.journal.turn()
  }
  const path = { runnerId: paired.id }
  const capabilities = request.capabilities ?? (type === 'connect' ? ['bridge'] : [])
  const beat = await call('heartbeat', { path, body: { capabilities: [...capabilities] } })
  if (beat.status !== 200) throw unexpected('heartbeat', beat)
  const registered = await call('registerAgents', { path, body: toAgentMap(agents) })
  if (registered.status !== 204) throw unexpected('registerAgents', registered)
  if (request.checklist !== undefined) {
    const patched = await call('patchChecklist', { path, body: request.checklist })
    if (patched.status !== 204) throw unexpected('patchChecklist', patched)
  }
  return runner
}

function headersOf({ workspace = DEFAULT_WORKSPACE, apiKey }: Credentials): Record<string, string> {
  return { 'comet-workspace': workspace, ...perhaps('authorization', apiKey) }
}

/** No request can give a project its id: with one, it is put among the others as a request would do it. */
async function createProject(
  stage: GivenContext,
  { name, id, as }: { name: string; id?: string; as?: Credentials },
): Promise<{ id: string; name: string }> {
  const call = stage.callAs(as)
  const answer = await call('createProject', { body: { name } })
  if (answer.status !== 201) throw unexpected('createProject', answer)
  if (id === undefined) return { id: answer.createdId, name }
  const { projects } = stage.world().collections
  const caller = createIdentity(as?.workspace ?? DEFAULT_WORKSPACE, LOCAL_USER)
  const made = projects.find(caller, answer.createdId)
  projects.delete(caller, answer.createdId)
  if (projects.find(caller, id) !== undefined) throw new Error(`There is a project with the id ${id} already.`)
  projects.put(caller, { ...made, id })
  return { id, name }
}

function recordOf(world: World, runner: GivenRunner): RunnerRecord {
  for (const record of world.runners.values()) if (record.id === runner.id) return record
  throw new Error(`The runner ${runner.id} is gone: it was disconnected, evicted or purged, or the mock was reset.`)
}
