/** What `mock.given` offers: a builder for every state of every resource. */
import type { Blueprint, BridgeCommand, LocalRunnerJob, Trace } from '../../kernel/types.js'
import type { Credentials } from '../agents/api-call.js'
import type { BlueprintRequest } from './given-blueprint.js'
import type { CommandRequest } from './given-command.js'
import type { JobRequest } from './given-job.js'
import type { GivenSession, PairingLinkRequest, SessionRequest } from './given-session.js'
import type { GivenRunner, RunnerRequest } from './given-runner.js'
import type { TraceRequest } from './given-trace.js'

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
  /** The link that a daemon prints for a pairing session of its own, which it opens with it. */
  pairingLink(request?: PairingLinkRequest): Promise<string>
}
