// Runs mutants in several processes: each takes the next one when it is done, those that take long first.
import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Mutant } from './mutant.js'
import type { MutantOutcome } from './run-mutant.js'

/** What a process is told to do. */
export interface Task {
  readonly mutant: string
  readonly checks: readonly string[]
}

/** A mutant with the checks that it meets. */
export interface Assignment {
  readonly mutant: Mutant
  readonly checks: readonly string[]
}

/** Much of a run is waiting, so that there may be more processes than cores. */
const defaultWorkers = Math.min(2 * availableParallelism(), 8)

/** Runs all assignments; `onOutcome` hears of each as it comes. */
export async function runAll(
  assignments: readonly Assignment[],
  onOutcome: (outcome: MutantOutcome) => void,
  workers: number = defaultWorkers,
): Promise<void> {
  const waiting = assignments.toSorted((a, b) => b.checks.length - a.checks.length)
  const work = async (): Promise<void> => {
    const child = fork(process.argv[1] ?? '', ['--worker'])
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        onOutcome(await ask(child, { mutant: next.mutant.id, checks: next.checks }))
      }
    } finally {
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, assignments.length) }, work))
}

function ask(child: ChildProcess, task: Task): Promise<MutantOutcome> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`A worker ended with ${code} while at ${task.mutant}.`))
    child.once('exit', onExit)
    child.once('message', (outcome) => {
      child.off('exit', onExit)
      resolve(outcome as MutantOutcome)
    })
    child.send(task)
  })
}

/** The other side: carries out what it is told, one task after another. */
export function serveTasks(carryOut: (task: Task) => Promise<MutantOutcome>): void {
  process.on('message', (task) => {
    void carryOut(task as Task).then((outcome) => process.send?.(outcome))
  })
}
