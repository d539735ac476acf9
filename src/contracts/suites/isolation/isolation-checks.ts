// Checks that nobody reaches what belongs to somebody else: every operation on a foreign runner, job or command answers as
// if it did not exist, and changes nothing. Generated for two kinds of others; what needs a story is in isolation-stories.ts.
import { operations, pathParametersOf, type OperationId } from '../../../kernel/operation.js'
import { defineCheck, type Check } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual } from '../../target/expectation.js'
import { listCells, machineOf } from '../../check/matrix.js'
import { prepareValidRequest, requestOf, type ValidRequest } from '../../check/valid-request.js'

type Other = 'colleague' | 'stranger'

const OTHERS: Readonly<Record<Other, string>> = {
  colleague: 'another user of the workspace',
  stranger: 'a user of another workspace',
}

/** What each operation answers about a resource that does not exist, by the lifecycle tables. */
const ANSWERS: ReadonlyMap<OperationId, number> = new Map(
  listCells()
    .filter(({ state, operation, machine, telling }) => {
      const name = pathParametersOf(operations[operation]).at(-1) ?? ''
      const isUsual = Object.values(telling).every((value) => value === 'completed')
      return state === 'none' && name === machineOf(machine).parameter && isUsual && machine !== 'pairingSession'
    })
    .map(({ operation, rule }) => [operation, rule.answer ?? 404]),
)

/** All that its owner sees of a runner. */
async function snapshot(context: Context, { runner, path }: ValidRequest): Promise<unknown> {
  if (runner === undefined) return undefined
  const jobs = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
  const commandId = path['commandId']
  const logs =
    path['jobId'] === undefined ? [] : [await context.expectCall(200, 'getJobLogs', { path: { jobId: path['jobId'] } })]
  return {
    runner: await runner.read(),
    jobs: jobs.content,
    logs,
    command: commandId === undefined ? undefined : await runner.readCommand(commandId),
  }
}

function foreignCheck(other: Other, operation: OperationId, answer: number): Check {
  return defineCheck({
    id: `isolation/${other}.${operation}`,
    title: `${operation} by ${OTHERS[other]} answers ${answer}, as for nothing, and changes nothing.`,
    rule: { operation, section: 'Identity' },
    needs: { other },
    async run(context) {
      const specimen = await prepareValidRequest(context, operation)
      const before = await snapshot(context, specimen)
      const foreign = await context.raw(requestOf(specimen, { identity: other }))
      expectAnyStatus(foreign, [answer])
      expectEqual('what the owner sees', await snapshot(context, specimen), before, foreign)
    },
  })
}

export const isolationChecks: readonly Check[] = (['colleague', 'stranger'] as const).flatMap((other) =>
  [...ANSWERS].map(([operation, answer]) => foreignCheck(other, operation, answer)),
)
