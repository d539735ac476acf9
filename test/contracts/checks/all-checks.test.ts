// What holds for all checks together: ids, words, and that no rule of the lifecycle is left without a check.
import { machineOf } from '../../../src/lifecycle/roles.js'
import { describe, expect, it } from 'vitest'
import { checksOn } from '../../../src/contracts/suites/core/checks-on.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from '../framework/mock-target.js'
import { machineNames } from '../../../src/lifecycle/table.js'
import { isOperationId, operationIds } from '../../../src/kernel/operation.js'

describe('checksOn', () => {
  const run = async (): Promise<void> => undefined

  it('gives each check its place, its severity and its needs', () => {
    const waits = { waiting: 2 }
    const [first, second, third] = checksOn('createJob runner connected', (it, at) => {
      it('a/one: One.', run)
      it('a/two [disconnected -> connected should]: Two.', run)
      at('bridgeCommand timer.command_timeout picked_up -> timed_out race', waits)
      it('a/three: Three: a colon.', run)
    })
    const ofRunner = { operation: 'createJob', machine: 'runner', on: 'createJob' }
    expect(first).toMatchObject({ id: 'a/one', title: 'One.', severity: 'must', race: false, needs: {} })
    expect(first?.rule).toEqual({ ...ofRunner, from: 'connected' })
    expect(second).toMatchObject({ severity: 'should', rule: { ...ofRunner, from: 'disconnected', to: 'connected' } })
    expect(third).toMatchObject({ title: 'Three: a colon.', race: true, needs: waits })
    expect(third?.rule).toMatchObject({ machine: 'bridgeCommand', on: 'timer.command_timeout', to: 'timed_out' })
  })

  it('plays a story, and sends requests, that stand below the name', async () => {
    const checks = checksOn('createJob runner', (it) => {
      it`a/story: One.
        pair, createJob ${{ inputs: 1 }}, getJob 1, pass ${({ limits }) => limits.heartbeat_ttl_seconds / 5}, heartbeat`
      it`a/requests: Two.
        createJob agent_name="contract-unknown": 400
        listRunners project_id=: 400
        getJob jobId=?: 404`
      it`a/refused: Three.
        createJob: 400`
    })
    const { results } = await verify(openMockApp(), { checks })
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'passed', 'failed'])
  })

  it.each(['createJob runner asleep', 'createJob shoud', 'runner connected -> gone'])('refuses %s', (place) => {
    expect(() => checksOn(place, (it) => it('a/one: One.', run))).toThrow()
  })
})

describe('the checks', () => {
  it('say their rule in one sentence, without "should"', () => {
    for (const { id, title } of checks) {
      expect([id, title]).toEqual([id, expect.stringMatching(/^[\p{Lu}a-z].*\.$/u)])
      expect([id, title]).toEqual([id, expect.not.stringMatching(/\b[Ss]hould\b/)])
    }
  })

  it('touch every operation', () => {
    const touched = new Set(checks.map(({ rule }) => rule.operation))
    expect(operationIds.filter((id) => !touched.has(id))).toEqual([])
  })

  it('claim every timer and event of the lifecycle in every state', () => {
    const unclaimed = machineNames.flatMap((machine) =>
      machineOf(machine).rules.flatMap(({ on, from, to }) =>
        from
          .filter(
            (state) =>
              !isOperationId(on) &&
              !checks.some(
                ({ rule }) =>
                  rule.machine === machine && rule.on === on && rule.from === state && (rule.to ?? to) === to,
              ),
          )
          .map((state) => `${machine}: ${on} from ${state}`),
      ),
    )
    expect(unclaimed).toEqual([])
  })
})
