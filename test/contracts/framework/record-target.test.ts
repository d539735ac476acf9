// A run of verify can be kept as a recording, in which `judge` finds nothing wrong, moved time included, and no secret.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { judge, parseRecording, type Recording } from '../../../src/contracts/watch/judge-recording.js'
import { startMockTarget, type MockTarget } from './mock-target.js'
import { trial } from './trial-checks.js'

async function record(target: MockTarget, only: string[], keepKeys?: boolean): Promise<Recording> {
  const lines: object[] = []
  const report = await verify(target, { only, recording: { write: (line) => lines.push(line), keepKeys } })
  expect(report.totals).toMatchObject({ failed: 0, errors: 0 })
  return parseRecording(lines.map((line) => JSON.stringify(line)).join('\n'))
}

describe('verify with a recording', () => {
  it('keeps what was asked of several identities, without their keys', async () => {
    const target = await startMockTarget()
    const given = Object.assign(target, { apiKey: 'secret-main', colleagueApiKey: 'secret-colleague' })
    const recording = await record(given, [
      'isolation/lists-per-user',
      'isolation/stranger.getJob',
      'wire/ids-in-capitals',
    ])
    expect(JSON.stringify(recording)).not.toMatch(/secret-|"activation_key\\":\\"(?!A+=)/)
    const { verdicts, counts } = judge(recording, { sides: ['server'] })
    expect(verdicts).toEqual([])
    expect(counts.judged).toBeGreaterThan(10)
    const callers = recording.exchanges.map(({ request: { headers } }) => headers['authorization'])
    expect(new Set(callers).size).toBeGreaterThan(1)
    const connections = recording.exchanges.map(({ connection }) => connection)
    const used = new Set(connections)
    expect(used).toEqual(new Set(Array.from(used, (_, at) => at + 1)))
    expect(used.size).toBeLessThan(connections.length)
  })

  it('counts time that was moved, and takes no poll that it ended for a late one', async () => {
    const target = await startMockTarget({ clock: true })
    const recording = await record(target, [
      'long-poll/job-poll-ends-with-null',
      'long-poll/job-wakes-poll',
      'time/dead-runner-purged',
    ])
    expect(judge(recording, { sides: ['server'] }).verdicts).toEqual([])
    const polls = recording.exchanges.filter(({ path }) => path.endsWith('/jobs/next'))
    const longest = Math.max(...polls.map(({ at_start_ns, at_end_ns }) => at_end_ns - at_start_ns))
    expect(longest / 1e9).toBeGreaterThan(target.mock.settings.next_job_poll_timeout_seconds)
    expect((recording.exchanges.at(-1)?.at_end_ns ?? 0) / 1e9).toBeGreaterThan(3600)
  })

  it('keeps calls that were given up, and activation keys where they are asked for', async () => {
    const target = await startMockTarget()
    const lines: object[] = []
    const leaving = trial('trial/leaves', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      const poll = context.open('nextJob', { path: { runnerId: runner.id } })
      await poll.sent
      poll.hangUp()
      await poll.answer.catch(() => undefined)
    })
    await verify(target, { checks: [leaving], recording: { write: (line) => lines.push(line), keepKeys: true } })
    const { exchanges } = parseRecording(lines.map((line) => JSON.stringify(line)).join('\n'))
    expect(exchanges.find(({ path }) => path.endsWith('/jobs/next'))).toMatchObject({ aborted: true })
    const [session] = exchanges.filter(({ path }) => path.endsWith('/pairing/sessions'))
    expect(session?.request.body).not.toMatch(/"A+="/)
  })
})
