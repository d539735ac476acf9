// Mistakes in the order in which work is handed out and resources are listed.
import { defineMutant, type Mutant, type Spoil, defineShould } from '../mutant.js'
import type { Call } from '../call.js'
import { answer, itemsOf, membersOf, textIn } from '../reply.js'
import { editBody, jobOperations, renamesJobs } from '../spoils.js'
import type { KnownWork, Stage } from '../stage.js'

/** Hands out the pending job that is chosen. In the mock it stays pending, which nobody looks at who judges the order. */
function handsOut(choose: (pending: readonly KnownWork[]) => KnownWork | undefined): Spoil {
  return (stage) => {
    const taken = new Set<string>()
    return async (call) => {
      const pending = stage.jobsOf(call.path['runnerId'] ?? '', 'pending').filter(({ id }) => !taken.has(id))
      const chosen = choose(pending)
      if (chosen === undefined) return call.proceed()
      taken.add(chosen.id)
      return start(call, chosen.id)
    }
  }
}

async function start(call: Call, jobId: string): Promise<ReturnType<typeof answer>> {
  const { body } = await call.ask('getJob', { path: { jobId } })
  return answer(200, { ...membersOf(body), status: 'running', started_at: membersOf(body)['created_at'] })
}

/** Sorts the entries of a page; each page on its own. */
function sortsPage(order: (entries: readonly unknown[], call: Call, stage: Stage) => unknown[]): Spoil {
  return editBody((page, call, stage) => {
    const { content, ...rest } = membersOf(page)
    return { content: order(itemsOf(content), call, stage), ...rest }
  })
}

const by =
  (name: string) =>
  (a: unknown, b: unknown): number =>
    textIn(a, name).localeCompare(textIn(b, name))

export const orderingMutants: readonly Mutant[] = [
  defineMutant('ordering/jobs-newest-first', 'The job that was created last is handed out first.', {
    touches: ['nextJob'],
    spoil: handsOut((pending) => pending.at(-1)),
  }),
  defineMutant('ordering/jobs-by-agent', 'Jobs are handed out agent by agent.', {
    touches: ['nextJob'],
    spoil: handsOut(
      (pending) =>
        pending.toSorted((a, b) => textIn(a.request, 'agent_name').localeCompare(textIn(b.request, 'agent_name')))[0],
    ),
  }),
  defineMutant('ordering/late-jobs-first', 'A job that is created once others run goes to the front of the queue.', {
    touches: ['nextJob'],
    spoil: (stage) => {
      const seen = new Map<string, Set<string>>()
      return (call) => {
        const runnerId = call.path['runnerId'] ?? ''
        const pending = stage.jobsOf(runnerId, 'pending')
        const known = seen.get(runnerId) ?? new Set(pending.map(({ id }) => id))
        seen.set(runnerId, known)
        const late = pending.find(({ id }) => !known.has(id))
        if (late === undefined) return call.proceed()
        known.add(late.id)
        return start(call, late.id)
      }
    },
  }),
  defineMutant('ordering/jobs-listed-oldest-first', 'A list of jobs begins with the oldest.', {
    touches: ['listJobs'],
    spoil: sortsPage((entries) => entries.toReversed()),
  }),
  defineMutant('ordering/jobs-listed-by-end', 'A list of jobs begins with those that ended last.', {
    touches: ['listJobs'],
    spoil: sortsPage((entries) => entries.toSorted((a, b) => by('completed_at')(b, a))),
  }),
  defineMutant('ordering/runners-by-type', 'A list of runners shows connect runners before endpoint runners.', {
    touches: ['listRunners'],
    spoil: sortsPage((entries) => entries.toSorted(by('type'))),
  }),
  defineShould('ordering/ids-without-order', 'Ids begin with their random part, so that they do not sort by time.', {
    touches: jobOperations,
    // Falling instead of rising: as far from the order as ids can be.
    spoil: renamesJobs((id) =>
      id.replace(/^[\da-f]{8}-[\da-f]{4}/, (time) =>
        time.replaceAll(/[\da-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16)),
      ),
    ),
  }),
]
