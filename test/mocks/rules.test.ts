// The tables answer: a rule whose `answer` is changed changes the reply of every request that it decides. The ways into
// states and facts are those of the matrix that `verify` demands of any server, which is held to the unchanged tables in
// contracts/checks/against-mock.
import { describe, expect, it } from 'vitest'
import { defineCheck, type Check } from '../../src/contracts/check/check.js'
import { playSteps } from '../../src/contracts/model/play/play-steps.js'
import { meeting, practicable, secondsInto, wayOf } from '../../src/contracts/suites/core/lifecycle-story.js'
import { expectEqual } from '../../src/contracts/target/expectation.js'
import { listCells, type MatrixCell } from '../../src/contracts/check/matrix.js'
import { verify } from '../../src/contracts/run/verify.js'
import { decisions, type DecidedOperation, type Rule } from '../../src/lifecycle/table.js'
import { responses } from '../../src/kernel/all-operations.js'
import { openMockApp } from '../contracts/framework/mock-target.js'

/**
 * Of several machines the last one accepts. One that is not asked tells only of what is handed out, and the generator
 * holds its other rules to what the asked ones answer.
 */
function decidesTheReply({ machine, operation, rule }: MatrixCell): boolean {
  const steps: readonly (readonly [string, string])[] = decisions[decided(operation)]
  const place = steps.findIndex(([name]) => name === machine)
  if (place < 0) return rule.to !== null
  return isRefusal(rule) || place === steps.length - 1
}

function decided(operation: string): DecidedOperation {
  if (operation in decisions) return operation as DecidedOperation
  throw new Error(`No machine decides ${operation}.`)
}

function isRefusal({ answer }: Rule): boolean {
  return (answer ?? 0) >= 400
}

/** Refusals that clients meet for other reasons as well, and are used last. */
const FOR_OTHER_REASONS = [401, 403, 413, 415, 422]

/** A refusal that the operation declares and the rule does not answer. */
function otherAnswer({ operation, rule }: MatrixCell): number {
  const declared = Object.keys(responses[operation]).map(Number)
  const refusals = declared.filter((status) => status >= 400 && status !== rule.answer)
  return refusals.find((status) => !FOR_OTHER_REASONS.includes(status)) ?? refusals[0] ?? 0
}

/** Meets the cell while its rule answers something else. */
function changedCheck(cell: MatrixCell, index: number): Check {
  const { machine, state, operation, facts, telling, rule } = cell
  const seconds = secondsInto(machine, state)
  const rooms = Object.entries(telling).map(([name, value]) => practicable[`${name}=${value}`] ?? {})
  return defineCheck({
    id: `changed/${machine}.${state}.${operation}.${index}`,
    title: `${operation} on ${machine} ${state} with ${JSON.stringify(telling)} answers what its rule says.`,
    rule: { operation, machine, on: operation, from: state },
    needs: { ...(seconds === undefined ? {} : { clock: { seconds } }), limits: Object.assign({}, ...rooms) as object },
    run: (context) =>
      playSteps(context, wayOf(cell, context.limits), async (sender, callOf) => {
        const meet = meeting(cell, context.limits)
        const { answer } = rule
        const changed = otherAnswer(cell)
        Object.assign(rule, { answer: changed })
        const isLimit = facts['queue'] === 'full' || facts['rate'] === 'exceeded'
        try {
          let reply = await sender.send(callOf(meet))
          while (isLimit && reply.status === 201) {
            // Where the limit is a rate, the queue must not be full before.
            if (facts['rate'] === 'exceeded') await sender.send(callOf({ ...meet, on: 'nextBridgeCommands', form: {} }))
            reply = await sender.send(callOf(meet))
          }
          expectEqual(`${operation} ${machine} ${state} ${JSON.stringify(facts)}`, reply.status, changed, reply)
        } finally {
          Object.assign(rule, { answer })
        }
      }),
  })
}

const isTimed = ({ machine, state }: MatrixCell): boolean => secondsInto(machine, state) !== undefined

/** In CI every cell; elsewhere one of each rule, one that no time leads into if there is any. */
const all = listCells()
  .filter(decidesTheReply)
  .toSorted((one, other) => Number(isTimed(one)) - Number(isTimed(other)))
const isLong = process.env['KIT_ALL_TARGETS'] !== undefined
const cells = isLong ? all : [...new Map(all.toReversed().map((cell) => [cell.rule, cell])).values()]
/** So that few calls fill a queue and use up a rate. */
const limits = {
  max_pending_jobs_per_runner: 2,
  bridge_max_pending_per_runner: 2,
  bridge_max_commands_per_minute: 40,
  bridge_max_write_commands_per_minute: 3,
  bridge_max_payload_bytes: 1000,
}

const checks = cells.map(changedCheck)

async function failures(chosen: readonly Check[]): Promise<unknown[]> {
  const { mock, ...target } = openMockApp({ settings: limits })
  const report = await verify({ ...target, limits }, { checks: chosen, seed: 3, concurrency: 1 })
  // Every placeholder of a message is filled.
  const refused = mock.journal.entries().filter(({ status }) => status >= 400)
  expect(refused.filter(({ response }) => /\{[\w.]+\}|undefined/.test(JSON.stringify(response.body)))).toEqual([])
  await mock.close()
  return report.results.filter(({ verdict }) => verdict.kind !== 'passed').map(({ title, verdict }) => [title, verdict])
}

describe('a changed answer in the tables', () => {
  it('is the answer of every request that its rule decides', async () => {
    const decidedBy = new Set(cells.map(({ rule }) => rule))
    expect(decidedBy.size).toBeGreaterThan(50)
    // Checks that let time pass run side by side, and would meet each other's changes.
    const timed = checks.filter(({ needs }) => needs.clock !== undefined)
    expect(await failures(checks.filter((check) => !timed.includes(check)))).toEqual([])
    for (const check of timed) expect(await failures([check])).toEqual([])
  })
})
