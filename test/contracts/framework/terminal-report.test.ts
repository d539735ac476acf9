// What a terminal shows of a run: short however bad the target, with all of it beside it.
import { describe, expect, it } from 'vitest'
import type { Check } from '../../../src/contracts/check/check.js'
import type { VerifyEvent } from '../../../src/contracts/check/report-model.js'
import { expectEqual, Violation } from '../../../src/contracts/target/expectation.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from './mock-target.js'
import { passed, passing, trial } from './trial-checks.js'
import { hearAll, renderTerminal, shown } from './shown-report.js'

/** So many checks that fail in a way of their own, each of them. */
const differing = (count: number): Check[] =>
  Array.from({ length: count }, (_, at) =>
    trial(`trial/differs-${at}`, async (context) => {
      const answer = await context.call('isAlive')
      expectEqual(`what is number ${at}`, answer.status, 0, answer)
    }),
  )

const alike = Array.from({ length: 9 }, (_, at) =>
  trial(`trial/alike-${at}`, async (context) => {
    const answer = await context.call('getRunner', { path: { runnerId: context.random.uuid() } })
    expectEqual('the status', answer.status, 200, answer)
  }),
)

const reportOf = async (checks: readonly Check[], more: VerifyOptions = {}) =>
  verify(await startMockTarget(), { checks, seed: 3, ...more })

describe('the report on a terminal', () => {
  it('groups failures by cause, the largest first, with three samples each', async () => {
    const text = renderTerminal(await reportOf([...differing(2), ...alike, passing]))
    const heads = text.split('\n').filter((line) => line.startsWith('✗ ') && !line.includes('conform'))
    expect(heads).toEqual(['✗ getRunner  9 checks', '✗ isAlive  1 check', '✗ isAlive  1 check'])
    expect(text.match(/^ {4}trial\/alike-\d/gm)).toHaveLength(3)
    expect(text.match(/\$ curl/g)).toHaveLength(5)
    expect(text.split('\n')[0]).toContain('getRunner')
  })

  it('begins with the operation behind most failures, whatever their causes', async () => {
    const text = renderTerminal(await reportOf([...differing(10), ...alike]))
    expect(text.split('\n')[0]).toMatch(/isAlive.*10 of 19/)
  })

  it('shows all of few failures', async () => {
    const told = { steps: ['createJob: 201', 'nextJob: 204'], replay: 'opik-runner-kit verify URL --path 1' }
    const failing = trial('trial/told', async () => {
      throw new Violation({ expected: 'x', actual: 'y', pointer: '#/paths', exchanges: [], ...told })
    })
    const text = renderTerminal(await reportOf([failing, passing]))
    expect(text).toMatch(/steps +createJob: 201\n +nextJob: 204\n +again +opik-runner-kit verify URL --path 1\n/)
    expect(text).toContain('#/paths')
    const many = renderTerminal(await reportOf([failing, ...differing(9)]))
    expect(many).not.toContain(told.replay)
  })

  it('has at most 120 lines with the first, also where lines are broken', async () => {
    const report = await reportOf(differing(150))
    expect(renderTerminal(report).trimEnd().split('\n').length).toBeLessThan(120)
    const columns = 80
    const rows = renderTerminal(report, { columns, isInteractive: true })
      .trimEnd()
      .split('\n')
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0)
    expect(rows).toBeLessThan(120)
  })

  it('counts what it leaves out', async () => {
    const text = renderTerminal(await reportOf(differing(150)))
    const shown = text.match(/^ {4}trial\/differs-/gm)?.length ?? 0
    expect(text).toContain(`and ${150 - shown} more failures`)
  })

  it('has a line for the suites, with what those need that did not run', async () => {
    const timed = trial('trial/timed', async () => undefined, { needs: { clock: { seconds: 9999 } } })
    const text = renderTerminal(await reportOf([passing, timed, ...alike.slice(0, 1)]))
    expect(text).toMatch(/^suites +core 1\/2, time not run \(no clock\)$/m)
  })
})

describe('the reporter of a terminal', () => {
  it('puts all of the report into the folder, when there is one', async () => {
    const report = await reportOf(differing(150))
    const { saved } = shown('pretty', report, { folder: 'out' })
    expect(saved.get('report.txt')?.match(/^✗ trial\//gm)).toHaveLength(150)
    expect(shown('pretty', report).saved.size).toBe(0)
  })

  it('says what is waited for, and until when', () => {
    const started: VerifyEvent[] = [
      { type: 'check-started', check: passing },
      { type: 'check-started', check: alike[0] ?? passing },
    ]
    const finished: VerifyEvent = {
      ...{ type: 'check-finished', finished: 1, checks: 2 },
      result: passed,
    }
    const until = new Date(2026, 0, 1, 12, 34, 56).getTime()
    const waiting: VerifyEvent = { type: 'waiting', check: alike[0] ?? passing, until }
    const { text } = hearAll('pretty', [...started, finished, waiting], { isInteractive: true, columns: 120 })
    expect(text.split('\r').at(-1)).toMatch(/12:34:56.*trial\/alike-0$/)
  })
})

it('a run that waits tells until when', async () => {
  const settings = { next_job_poll_timeout_seconds: 3 }
  const target = { ...(await startMockTarget({ settings })), limits: settings }
  const poll = trial('trial/poll', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await runner.nextJob()
  })
  const events: VerifyEvent[] = []
  const started = Date.now()
  await verify(target, { checks: [poll], onEvent: (event) => events.push(event) })
  const [waiting] = events.flatMap((event) => (event.type === 'waiting' ? [event] : []))
  expect(waiting?.check.id).toBe('trial/poll')
  expect(waiting?.until).toBeGreaterThanOrEqual(started + 3000)
  expect(waiting?.until).toBeLessThanOrEqual(Date.now() + 3000)
})
