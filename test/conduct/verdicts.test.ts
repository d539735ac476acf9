// Verdicts on single calls, sent by hand: what is held against a client, what is not, and against which of its processes.
import { expect, it } from 'vitest'
import { conductRules, gradeRecording, type ConductReport } from '../../src/mocks/conduct/watch-conduct.js'
import { COMPLETED, live, openScene, takeJob, verdictOn } from './stage.js'

function outcomeOf(report: ConductReport, rule: string): string | undefined {
  return verdictOn(report, rule)?.outcome
}

it('takes a refused attempt for no report', async () => {
  const scene = await openScene()
  scene.mock.changeSettings({ job_timeout_seconds: 20 })
  const id = await takeJob(scene)
  scene.mock.faults.inject({ operation: 'reportJobResult', status: 503, times: 1 })
  await scene.send('reportJobResult', COMPLETED, id)
  await live(scene, 30)
  expect(outcomeOf(scene.mock.conduct.report(), 'work/reported')).toBe('broken')
})

it('takes a report whose answer is lost for one, and so one that the server knows to be over', async () => {
  const scene = await openScene()
  scene.mock.changeSettings({ job_timeout_seconds: 20 })
  const id = await takeJob(scene)
  scene.mock.faults.inject({ operation: 'reportJobResult', drop: 'after', times: 1 })
  await scene.send('reportJobResult', COMPLETED, id)
  await live(scene, 30)
  expect(outcomeOf(scene.mock.conduct.report(), 'work/reported')).toBe('kept')
})

it.each(['backoff/pause', 'backoff/retry-after'])('does not take another report for a repetition: %s', async (rule) => {
  const scene = await openScene()
  const id = await takeJob(scene)
  scene.mock.faults.inject({ operation: 'reportJobResult', status: 503, retry_after: 4, times: 1 })
  await scene.send('reportJobResult', { status: 'running' }, id)
  await scene.pass(0.1)
  await scene.send('reportJobResult', COMPLETED, id)
  expect(outcomeOf(scene.mock.conduct.report(), rule)).toBe('not exercised')
  await scene.send('reportJobResult', { status: 'running' }, id)
  expect(outcomeOf(scene.mock.conduct.report(), rule)).toBe('broken')
})

it('does not hold the heartbeat of one process against another one that was refused', async () => {
  const scene = await openScene()
  scene.mock.faults.inject({ operation: 'heartbeat', status: 503, times: 1 })
  await scene.send('heartbeat', { capabilities: ['jobs'] })
  await scene.send('heartbeat', { capabilities: ['jobs', 'bridge'] })
  expect(outcomeOf(scene.mock.conduct.report(), 'backoff/pause')).toBe('not exercised')
})

it('lets each process hear by its own heartbeat that the runner is gone, and stop then', async () => {
  const scene = await openScene()
  const { mock, runner, send, pass } = scene
  await send('heartbeat', { capabilities: ['jobs'] })
  await send('heartbeat')
  await mock.given.evict(runner)
  await send('heartbeat', { capabilities: ['jobs'] })
  await pass(4)
  await send('nextJob')
  await send('heartbeat')
  expect(outcomeOf(mock.conduct.report(), 'gone/stop')).toBe('kept')
  await pass(3)
  await send('nextJob')
  expect(outcomeOf(mock.conduct.report(), 'gone/stop')).toBe('broken')
})

it('lets an end be reported as often as the work was handed out', async () => {
  const scene = await openScene()
  scene.mock.faults.inject({ operation: 'nextJob', duplicate: true, times: 1 })
  const id = await takeJob(scene)
  await scene.send('nextJob')
  for (const outcome of ['kept', 'kept', 'broken']) {
    await scene.send('reportJobResult', COMPLETED, id)
    expect(outcomeOf(scene.mock.conduct.report(), 'work/once')).toBe(outcome)
  }
  expect(outcomeOf(scene.mock.conduct.report(), 'work/twice')).toBe('broken')
})

it('gives no verdict on a short key, which may stand in a line by chance', async () => {
  const { mock, runner, send } = await openScene('endpoint', { apiKey: 'done' })
  const { id } = await mock.given.job({ runner, status: 'running' })
  await send('appendJobLogs', [{ stream: 'stdout', text: 'done' }], id)
  expect(outcomeOf(mock.conduct.report(), 'job/secrets')).toBe('not exercised')
})

it('can be recorded, kept as JSON and judged later, with what was known of the client', async () => {
  const scene = await openScene()
  await live(scene, 15)
  await scene.pass(60)
  await live(scene, 10)
  const recording = scene.mock.conduct.record({ ended: true })
  const kept: unknown = JSON.parse(JSON.stringify(recording))
  expect(gradeRecording(kept as typeof recording)).toEqual(scene.mock.conduct.report({ ended: true }))
  expect(outcomeOf(gradeRecording(recording), 'heartbeat/interval')).toBe('broken')
  const from = recording.at - 73_000
  const slept = { ...recording, sleeps: [{ from, to: from + 62_000 }] }
  expect(outcomeOf(gradeRecording(slept), 'heartbeat/interval')).toBe('kept')
  const asked = { ...recording, asked_to_end: from }
  expect(outcomeOf(gradeRecording(asked), 'heartbeat/interval')).toBe('kept')
})

it.each(['backoff/pause', 'backoff/retry-after'])('lets whoever is asked to end hurry: %s', async (rule) => {
  const scene = await openScene()
  const id = await takeJob(scene)
  scene.mock.faults.inject({ operation: 'reportJobResult', status: 429, retry_after: 4, times: 1 })
  await scene.send('reportJobResult', COMPLETED, id)
  await scene.pass(0.1)
  const recording = scene.mock.conduct.record()
  await scene.send('reportJobResult', COMPLETED, id)
  const whole = scene.mock.conduct.record()
  const outcomeWhenAsked = (at: number) => outcomeOf(gradeRecording({ ...whole, asked_to_end: at }), rule)
  expect(outcomeWhenAsked(recording.at - 50)).toBe('not exercised')
  expect(outcomeWhenAsked(recording.at + 50)).toBe('broken')
})

it('holds nothing against a client that a busy machine explains, and says so', async () => {
  const scene = await openScene()
  await live(scene, 15)
  await scene.pass(20)
  await live(scene, 10)
  const recording = scene.mock.conduct.record()
  // One second and another, on a sleep of a second that counts anyway.
  const verdictWith = (seconds: number) => {
    const from = recording.at - 30_000
    const waits = [
      { from, to: from + 2000 },
      { from: from + 2000, to: from + seconds * 1000 },
    ]
    return verdictOn(gradeRecording({ ...recording, sleeps: [{ from, to: from + 1000 }], waits }), 'heartbeat/interval')
  }
  expect(verdictWith(10)?.outcome).toBe('broken')
  expect(verdictWith(16)).toMatchObject({ outcome: 'not exercised', breaches: 0, evidence: [] })
  expect(verdictWith(16)?.reason).toContain('busy')
})

it('demands of clients only what all published ones keep', () => {
  const musts = conductRules.filter(({ severity }) => severity === 'must').map(({ id }) => id)
  expect(musts).toEqual(['heartbeat/interval', 'gone/stop', 'backoff/pause', 'poll/pace', 'work/once', 'work/reported'])
})
