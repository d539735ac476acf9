/** Brings a resource into a state of its lifecycle, through public calls and the passing of time alone. */
import { isOperationId, type OperationId } from '../../../kernel/operation.js'
import type { MachineName } from '../../../kernel/lifecycle.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { findRoute, type Facts } from '../../check/matrix.js'
import { openSession } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import { send } from './lifecycle-requests.js'
import { early, passTimeKeepingRunner } from '../../check/keep-runner.js'
import {
  awaitCommandTimeout,
  COMMAND_GRACE_SECONDS,
  commandLife,
  longestCommand,
  reaperSeconds,
} from '../../check/reaper-probe.js'
import { createSubject, type Subject } from './lifecycle-subject.js'

/** Shortest life of a session, in seconds. */
const SESSION_TTL = 60

/** How long to wait for each timer that a way into a state needs. */
const waits = {
  'timer.heartbeat_ttl': (limits: Limits) => limits.heartbeat_ttl_seconds + 1,
  'timer.session_ttl': () => SESSION_TTL + 1,
  'timer.command_timeout': (limits: Limits) => longestCommand(limits) + COMMAND_GRACE_SECONDS + reaperSeconds(limits),
}

function isTimer(on: string): on is keyof typeof waits {
  return Object.hasOwn(waits, on)
}

/** Seconds that the way into a state takes; undefined when it takes no time. */
export function secondsInto(machine: MachineName, state: string): ((limits: Limits) => number) | undefined {
  const steps = machine === 'runner' ? RUNNER_TIMERS[state] : findRoute(machine, state).map(({ on }) => on)
  const timers = (steps ?? []).filter(isTimer)
  if (timers.length === 0) return undefined
  return (limits) => timers.reduce((sum, on) => sum + waits[on](limits), 0)
}

/** A runner comes to life by another machine's events, so that its own table shows no way. */
const RUNNER_TIMERS: Readonly<Record<string, readonly string[]>> = { disconnected: ['timer.heartbeat_ttl'] }

/** What a resource is going to meet once it is in its state. */
export interface ReachedState {
  operation: OperationId
  facts: Facts
}

/** Brings a new resource into `state`. */
export async function reach(
  context: Context,
  machine: MachineName,
  state: string,
  meeting: ReachedState,
): Promise<Subject> {
  const subject = await createSubject(context, machine, meeting.operation)
  if (machine === 'runner') {
    await reachAsRunner(subject, state, meeting)
    return subject
  }
  if (machine !== 'pairingSession') await pairFor(subject, meeting)
  for (const { on, facts } of findRoute(machine, state)) {
    if (isOperationId(on)) expectAnyStatus(await send(subject, on, facts), SUCCESS)
    else if (isTimer(on)) await pass(subject, on)
    else throw new Error(`No way is known to bring ${on} about.`)
  }
  return subject
}

/** Makes a resource that ends with its runner: to everybody it is as if it had never been. */
export async function reachGone(context: Context, machine: MachineName, meeting: ReachedState): Promise<Subject> {
  const subject = await reach(context, machine, machine === 'runner' ? 'connected' : 'pending', meeting)
  await subject.runner?.disconnect()
  return subject
}

const SUCCESS = [200, 201, 204]

async function pass({ context, runner, ids }: Subject, timer: keyof typeof waits): Promise<void> {
  if (timer !== 'timer.command_timeout' || runner === undefined) {
    await context.time.pass(waits[timer](context.limits))
    return
  }
  await passTimeKeepingRunner(context, runner, longestCommand(context.limits) + COMMAND_GRACE_SECONDS)
  await awaitCommandTimeout(context, runner, ids['commandId'] ?? '')
}

async function reachAsRunner(subject: Subject, state: string, meeting: ReachedState): Promise<void> {
  const { context, ids } = subject
  if (state === 'none') return
  if (state === 'pairing') {
    ids['runnerId'] = (await openSession(context, { type: typeFor(meeting.operation) })).runnerId
    return
  }
  await pairFor(subject, meeting)
  if (meeting.operation === 'nextJob') await send(subject, 'createJob', {})
  let seconds = state === 'disconnected' ? waits['timer.heartbeat_ttl'](context.limits) : 0
  if (meeting.operation === 'nextBridgeCommands') {
    // A command that nobody takes may live shorter than a runner without a heartbeat.
    const before =
      commandLife(longestCommand(context.limits)) > 2 * seconds ? 0 : early(context.limits.heartbeat_ttl_seconds)
    await context.time.pass(before)
    seconds -= before
    await send(subject, 'createBridgeCommand', {})
  }
  if (seconds > 0) await context.time.pass(seconds)
}

/** Only commands need a connect runner; whatever else is asked of it works as with an endpoint. */
function typeFor(operation: OperationId): 'connect' | 'endpoint' {
  return operation === 'createBridgeCommand' || operation === 'nextBridgeCommands' ? 'connect' : 'endpoint'
}

async function pairFor(subject: Subject, { operation, facts }: ReachedState): Promise<void> {
  const type = subject.machine === 'bridgeCommand' ? 'connect' : typeFor(operation)
  const capabilities = type === 'connect' && facts['capability'] !== 'missing' ? ['bridge'] : []
  const agents = type === 'endpoint' ? ['echo'] : undefined
  subject.runner = await subject.context.pair({ type, capabilities, agents })
  subject.ids['runnerId'] = subject.runner.id
}
