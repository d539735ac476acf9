// What mutants know of the mock under them: its clock, the state of every resource, and who owns what. The states come
// from the mock's events, the owners from the calls that went through.
import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage, type ClientRequest } from 'node:http'
import type { Clock, StopSignal } from '../../src/kernel/clock.js'
import type { MachineName } from '../../src/lifecycle/table.js'
import type { MockEvent, TransitionEvent } from '../../src/mocks/world/events.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import type { Call, Caller } from './call.js'
import { jsonIn, textIn } from './reply.js'

/** A pairing session, as the calls about it showed it. */
export interface KnownSession {
  readonly id: string
  readonly runnerId: string
  readonly projectId: string
  readonly workspace: string
  readonly key: string
  readonly type: string
  /** Virtual milliseconds. */
  readonly createdAt: number
  readonly creator: Caller
}

/** A runner that was activated. */
export interface KnownRunner {
  readonly id: string
  readonly session: KnownSession
  readonly owner: Caller
  readonly name: string
}

/** A job or a command. */
export interface KnownWork {
  readonly id: string
  readonly runnerId: string
  readonly request: Readonly<Record<string, unknown>>
}

export class Stage {
  readonly mock: RunnerMock
  readonly sessions = new Map<string, KnownSession>()
  /** In the order of their activation. */
  readonly runners = new Map<string, KnownRunner>()
  /** In the order of their creation. */
  readonly jobs = new Map<string, KnownWork>()
  readonly commands = new Map<string, KnownWork>()
  private readonly states = new Map<string, string>()
  /** Runners by the ids of their jobs and commands. */
  private readonly places = new Map<string, string>()

  constructor(mock: RunnerMock) {
    this.mock = mock
    mock.on('*', (event) => {
      if (!isTransition(event)) return
      const { id, runner_id: runnerId } = event.resource
      this.states.set(`${event.machine} ${id}`, event.to)
      if (runnerId !== undefined) this.places.set(id, runnerId)
    })
  }

  now(): number {
    return this.mock.clock.now()
  }

  /** Lets virtual time pass; true when it has, false when the signal came first. */
  sleep(seconds: number, signal?: StopSignal): Promise<boolean> {
    return (this.mock.clock as Clock).sleep(1000 * seconds, signal)
  }

  /** Waits for calls that were sent at once, for mistakes that show when calls overlap. */
  overlap(): Promise<void> {
    return meet()
  }

  /** The jobs of a runner in a state, oldest first. */
  jobsOf(runnerId: string, state: string): KnownWork[] {
    return [...this.jobs.values()].filter((job) => job.runnerId === runnerId && this.stateOf('job', job.id) === state)
  }

  /** The commands of a runner in a state, oldest first. */
  commandsOf(runnerId: string, state: string): KnownWork[] {
    return [...this.commands.values()].filter(
      (command) => command.runnerId === runnerId && this.stateOf('bridgeCommand', command.id) === state,
    )
  }

  /** The state of a resource; `none` for one that is unknown or gone. */
  stateOf(machine: MachineName, id: string): string {
    const own = id.toLowerCase()
    const runnerId = this.places.get(own)
    // What belongs to a runner is gone with it.
    const isWork = machine === 'job' || machine === 'bridgeCommand'
    if (isWork && runnerId !== undefined && this.stateOf('runner', runnerId) === 'none') return 'none'
    return this.states.get(`${machine} ${own}`) ?? 'none'
  }

  isAlive(runnerId: string): boolean {
    return this.stateOf('runner', runnerId) === 'connected'
  }

  /** The runner that a call names, by itself or by its job. */
  runnerOf({ path }: Call): KnownRunner | undefined {
    const id = path['runnerId'] ?? this.jobs.get(path['jobId'] ?? '')?.runnerId
    return id === undefined ? undefined : this.runners.get(id.toLowerCase())
  }

  /** Runners that are there, in the order of their activation. */
  present(): KnownRunner[] {
    return [...this.runners.values()].filter(({ id }) => this.stateOf('runner', id) !== 'none')
  }

  /** The session that a call activates. */
  sessionOf({ path }: Call): KnownSession | undefined {
    return this.sessions.get(path['sessionId']?.toLowerCase() ?? '')
  }

  /** The runner that a call has activated. */
  activatedBy(call: Call): KnownRunner | undefined {
    return this.runners.get(this.sessionOf(call)?.runnerId ?? '')
  }

  /** Runners of a project and type that are there, whoever owns them. */
  holdersOf(slot: Pick<KnownSession, 'projectId' | 'type'> | undefined): KnownRunner[] {
    return this.present().filter(({ session }) => session.projectId === slot?.projectId && session.type === slot.type)
  }

  /** The runner of the other type of the same user and project, if it is there. */
  neighboursOf(runner: KnownRunner | undefined): KnownRunner[] {
    return this.present().filter(
      ({ session, owner }) =>
        session.projectId === runner?.session.projectId &&
        session.type !== runner.session.type &&
        isSameCaller(owner, runner.owner),
    )
  }

  /** Learns from a call that went through. */
  learn(call: Call, reply: ApiResponse): void {
    if (reply.status !== 201) return
    if (call.operation === 'createPairingSession') this.learnSession(call, reply)
    if (call.operation === 'activatePairingSession') this.learnRunner(call)
    if (call.operation === 'createJob') {
      const id = reply.headers['location']?.split('/').at(-1) ?? ''
      this.jobs.set(id, { id, runnerId: this.places.get(id) ?? '', request: call.members })
    }
    if (call.operation === 'createBridgeCommand') {
      const id = textIn(jsonIn(reply), 'command_id')
      this.commands.set(id, { id, runnerId: call.path['runnerId']?.toLowerCase() ?? '', request: call.members })
    }
  }

  /** The runner that takes the jobs of a request's caller and project. */
  takerOf(call: Call): KnownRunner | undefined {
    const projectId = textIn(call.body, 'project_id').toLowerCase()
    const own = this.present().filter(
      ({ owner, session }) => isSameCaller(owner, call.caller) && session.projectId === projectId,
    )
    return own.findLast(({ session }) => session.type === 'endpoint')
  }

  private learnSession(call: Call, reply: ApiResponse): void {
    const body = jsonIn(reply)
    const id = textIn(body, 'session_id')
    this.sessions.set(id, {
      id,
      runnerId: textIn(body, 'runner_id'),
      projectId: textIn(call.body, 'project_id').toLowerCase(),
      workspace: call.workspace,
      key: textIn(call.body, 'activation_key'),
      type: textIn(call.body, 'type'),
      createdAt: this.now(),
      creator: call.caller,
    })
  }

  private learnRunner(call: Call): void {
    const session = this.sessionOf(call)
    if (session === undefined) return
    const name = textIn(call.body, 'runner_name')
    this.runners.set(session.runnerId, { id: session.runnerId, session, owner: call.caller, name })
  }
}

/** Whether two callers are the same user of the same workspace. */
export function isSameCaller(one: Caller, other: Caller): boolean {
  return one.authorization === other.authorization && workspaceOf(one) === workspaceOf(other)
}

export function workspaceOf(caller: Caller): string {
  return caller['comet-workspace'] || 'default'
}

function isTransition(event: MockEvent): event is TransitionEvent {
  return 'machine' in event
}

/** Turns in which whoever sends at once, after some arithmetic of its own, has sent. */
const TURNS_TO_SEND = 40
/** Turns in which a body that has arrived is read. */
const TURNS_TO_READ = 20

/** The requests of this process that no server of this process has met. */
class RequestsOnTheirWay {
  private readonly arrivals = new Map<ClientRequest, Promise<void>>()

  constructor() {
    subscribe('http.client.request.start', (message) => this.follow(memberOf(message, 'request') as ClientRequest))
    subscribe('http.server.request.start', (message) => {
      const request = memberOf(message, 'request')
      if (request instanceof IncomingMessage) this.note(request)
    })
  }

  /** Settles when those that are on their way now have arrived, or are given up. */
  async arrived(): Promise<void> {
    await Promise.all(this.arrivals.values())
  }

  private follow(request: ClientRequest): void {
    const arrival = new Promise<void>((resolve) => {
      request.once('close', resolve)
      request.once(ARRIVED, resolve)
    })
    this.arrivals.set(request, arrival)
    void arrival.then(() => this.arrivals.delete(request))
  }

  private note({ socket }: IncomingMessage): void {
    for (const request of this.arrivals.keys())
      if (request.socket?.localPort === socket.remotePort) request.emit(ARRIVED)
  }
}

const ARRIVED = 'arrived at its server'

/** What is on its way is known for the process, as are its sockets. */
const onTheirWay = new RequestsOnTheirWay()

/** Waits for all that was sent at the same time as the call that waits. */
async function meet(): Promise<void> {
  await turns(TURNS_TO_SEND)
  await onTheirWay.arrived()
  await turns(TURNS_TO_READ)
}

/** Lets everybody have so many turns, also those who wait for a thread that signs. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await crypto.subtle.digest('SHA-256', NOTHING)
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
}

const NOTHING = new Uint8Array()

function memberOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined
}
