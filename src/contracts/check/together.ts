/** Many calls at once, and what to demand of their answers taken together. */
import type { Answer } from '../target/answer.js'
import { expectEqual } from '../target/expectation.js'

/** Runs `task` as often as told, that many at a time. */
export async function many<Value>(
  count: number,
  atOnce: number,
  task: (at: number) => Promise<Value>,
): Promise<Value[]> {
  const results: Value[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) results[at] = await task(at)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

/** Runs `task` that often, all at once. */
export function together<Value>(count: number, task: (at: number) => Promise<Value>): Promise<Value[]> {
  return many(count, count, task)
}

/** The statuses of answers, in order of size. */
export function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).toSorted((a, b) => a - b)
}

/** The same ids, each once, in whatever order. */
export function expectSame(what: string, actual: readonly (string | undefined)[], expected: readonly string[]): void {
  const repeated = actual.filter((id, at) => actual.indexOf(id) !== at)
  expectEqual(`what of ${what} came twice`, repeated, [])
  expectEqual(what, actual.toSorted(), expected.toSorted())
}
