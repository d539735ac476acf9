// Checks that play random sequences of calls against a small model of the rules, and say which shortest one goes wrong.
import { defineCheck, type Check, type CheckDefinition } from '../../check/check.js'
import type { SequenceProfile } from '../../model/explore.js'
import { secondsFor, WAITING_PER_SEQUENCE } from '../../model/search-limits.js'

/** On top of the search: the target is prepared and cleared. */
const OVERHEAD_SECONDS = 60

type Told = Pick<CheckDefinition, 'title' | 'rule' | 'needs' | 'race'>

function modelCheck(name: SequenceProfile, told: Told): Check {
  return defineCheck({
    ...{ id: `model/${name}`, ...told, needs: { ...told.needs, waiting: WAITING_PER_SEQUENCE } },
    patienceSeconds: (runs) => secondsFor(runs) + OVERHEAD_SECONDS,
    async run(context) {
      // Loaded when it is first needed.
      await (await import('../../model/run-sequences.js')).runSequences(context, name)
    },
  })
}

/** Longer than a run may wait: it needs a clock that can be moved. */
const VERY_LONG = 9 * 86_400

export const modelChecks: readonly Check[] = [
  modelCheck('jobs', {
    title: 'Random sequences of calls about jobs are answered as the rules say: hand-out, reports, cancellation, logs.',
    rule: { machine: 'job' },
  }),
  modelCheck('commands', {
    title: 'Random sequences of calls about bridge commands are answered as the rules say, waiting readers included.',
    rule: { machine: 'bridgeCommand' },
  }),
  modelCheck('runners', {
    title: 'Random sequences of pairings, heartbeats and reads show each runner as the rules say, to its owner alone.',
    rule: { machine: 'runner' },
  }),
  modelCheck('callers', {
    title: "Random sequences of calls by several callers show and change nobody else's runners, jobs and commands.",
    rule: { section: 'Identity' },
    needs: { other: 'any' },
  }),
  modelCheck('everything', {
    title: 'Random sequences of all operations, by all callers on several runners, are answered as the rules say.',
    rule: { section: 'Identity' },
  }),
  modelCheck('time', {
    title: 'Random sequences of all operations are answered as the rules say while time passes beyond each deadline.',
    rule: { machine: 'runner', on: 'timer.heartbeat_ttl' },
    needs: { clock: { seconds: VERY_LONG } },
  }),
  modelCheck('concurrent-jobs', {
    title: 'Calls on one queue of jobs that overlap are answered as if they had come in some order, one by one.',
    rule: { machine: 'job', operation: 'nextJob' },
    race: true,
  }),
  modelCheck('concurrent-commands', {
    title: 'Calls on one queue of commands that overlap are answered as if they had come in some order, one by one.',
    rule: { machine: 'bridgeCommand', operation: 'nextBridgeCommands' },
    race: true,
  }),
]
