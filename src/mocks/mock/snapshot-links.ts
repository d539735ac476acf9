/** Whether a value that came from outside is a snapshot: its form, and what no member of it shows by itself. */
import { problemsOf } from '../../kernel/form.js'
import { Snapshot as form } from '../../generated/kit-later.js'
import type { Problem } from '../../kernel/problem.js'
import type { Snapshot } from './mock-types.js'

/** Everything that is wrong with a snapshot; empty when a mock can be restored from it. */
export function problemsOfSnapshot(value: unknown): Problem[] {
  const problems = problemsOf(form, value)
  return hasForm(value, problems) ? linkProblems(value) : problems
}

/** Whether a value is a snapshot as `mock.snapshot()` makes it. */
export function isSnapshot(value: unknown): value is Snapshot {
  return problemsOfSnapshot(value).length === 0
}

function hasForm(_value: unknown, problems: readonly Problem[]): _value is Snapshot {
  return problems.length === 0
}

/** Each runner has an id and a slot to itself, and each job and command a runner. */
function linkProblems({ world: { runners, jobs, commands } }: Snapshot): Problem[] {
  const ids = new Set<string>()
  const slots = new Set<string>()
  const problems: Problem[] = []
  const refuse = (path: Problem['path'], value: unknown, expected: string): void => {
    problems.push({ path: ['world', ...path], value, expected })
  }
  for (const [at, { id, owner, projectId, wire }] of runners.entries()) {
    const slot = [owner.owner, projectId, wire.type].join('\n')
    if (ids.has(id)) refuse(['runners', at, 'id'], id, 'an id that no other runner has')
    else if (slots.has(slot)) refuse(['runners', at], wire.name, 'a slot that no other runner has')
    ids.add(id)
    slots.add(slot)
  }
  for (const [list, records] of Object.entries({ jobs, commands })) {
    for (const [at, { wire }] of records.entries()) {
      if (!ids.has(wire.runner_id)) refuse([list, at, 'wire', 'runner_id'], wire.runner_id, 'the id of a runner in it')
    }
  }
  return problems
}
