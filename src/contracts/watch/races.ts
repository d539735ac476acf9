/**
 * Calls that today's servers mix up when they overlap, since they read and write in two steps (accident `races`): what
 * comes of them is no verdict.
 */
import type { Modelled } from '../model/rules/call.js'

/** Kinds of things. */
export type ThingKind = 'runner' | 'job' | 'command' | 'queue'

type Risk = readonly [readonly Modelled[], readonly Modelled[], 'lasting' | 'passing']

const ENDS: readonly Modelled[] = ['reportJobResult', 'cancelJob']
const BIRTHS: readonly Modelled[] = ['activatePairingSession', 'disconnectRunner']
const READS: readonly Modelled[] = ['listRunners', 'listJobs', 'getRunner', 'createJob', 'createBridgeCommand']

const RISKS: Readonly<Record<ThingKind, readonly Risk[]>> = {
  runner: [
    [BIRTHS, BIRTHS, 'lasting'],
    [['registerAgents'], ['registerAgents'], 'lasting'],
    [READS, [...BIRTHS, 'registerAgents'], 'passing'],
  ],
  job: [
    [ENDS, [...ENDS, 'nextJob'], 'lasting'],
    [['getJob', 'listJobs'], [...ENDS, 'nextJob'], 'passing'],
    [['heartbeat'], ['heartbeat'], 'lasting'],
    [BIRTHS, BIRTHS, 'lasting'],
  ],
  command: [[BIRTHS, BIRTHS, 'lasting']],
  queue: [
    [['createJob'], ['createJob'], 'passing'],
    [['nextJob'], ENDS, 'passing'],
  ],
}

/** Whether two calls on one thing are mixed up when they overlap: for this once, or for good. */
export function riskOf(kind: ThingKind, one: Modelled, other: Modelled): 'lasting' | 'passing' | undefined {
  const isBetween = ([left, right]: Risk): boolean =>
    (left.includes(one) && right.includes(other)) || (left.includes(other) && right.includes(one))
  return RISKS[kind].find(isBetween)?.[2]
}
