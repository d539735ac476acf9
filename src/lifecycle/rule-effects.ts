/**
 * What a rule does to a job or command besides its fields: to its place in the queue, to the hands that hold it, to those who
 * wait for it. The tables say it, each world carries it out in records of its own.
 */
import { queueQuirks } from '../generated/quirks.js'
import { emits, machineOf, rulesOf, type WorkMachine } from './roles.js'
import type { Rule } from './table.js'

/** How far a job or command has come. */
export type Phase = 'waiting' | 'working' | 'ended' | 'gone'

const phases: Readonly<Record<WorkMachine, ReadonlyMap<string, Phase>>> = {
  job: readPhases('job'),
  bridgeCommand: readPhases('bridgeCommand'),
}

function readPhases(machine: WorkMachine): ReadonlyMap<string, Phase> {
  const states = Object.entries(machineOf(machine).states)
  const first = rulesOf(machine).find(({ from, to }) => from.includes('none') && to !== null)?.to
  return new Map(
    states.map(([name, { wire, terminal }]) => [
      name,
      !wire ? 'gone' : terminal ? 'ended' : name === first ? 'waiting' : 'working',
    ]),
  )
}

export function phaseOf(machine: WorkMachine, state: string): Phase {
  return phases[machine].get(state) ?? 'gone'
}

/** Whether a state is an end. */
export function isEnd(machine: WorkMachine, state: string): boolean {
  return phaseOf(machine, state) === 'ended'
}

/** Whether a job or command in this state can still end. */
export function isOpen(machine: WorkMachine, state: string): boolean {
  const phase = phaseOf(machine, state)
  return phase === 'waiting' || phase === 'working'
}

/** The states in which a job or command can still end. */
export function openStates(machine: WorkMachine): readonly string[] {
  return [...phases[machine].keys()].filter((state) => isOpen(machine, state))
}

/** What a rule that moves does in a state. */
export function effectOf(machine: WorkMachine, from: string, rule: Rule) {
  const before = phaseOf(machine, from)
  const after = rule.to === null ? before : phaseOf(machine, rule.to)
  return {
    after,
    /** Whether it leaves the queue. */
    isTaken: before === 'waiting' && after !== 'waiting',
    /** The quirk by which it stays there all the same. */
    staysBy: queueQuirks[rule.on],
    /** Whether the next heartbeat of its runner announces that it is cancelled. */
    isAnnounced: emits(rule, 'job.cancellation_announced'),
  }
}

/** The rule by which a poll gets what waits. */
export const handOutRules: Readonly<Record<WorkMachine, Rule>> = {
  job: findHandOut('job'),
  bridgeCommand: findHandOut('bridgeCommand'),
}

function findHandOut(machine: WorkMachine): Rule {
  const found = rulesOf(machine).find(
    ({ answer, to }) => answer !== null && to !== null && phaseOf(machine, to) === 'working',
  )
  if (found === undefined) throw new Error(`No rule hands a ${machine} out.`)
  return found
}
