import { describe, expect, it } from 'vitest'
import { expectEqual } from '../../../src/contracts/target/expectation.js'
import { findSharedCauses } from '../../../src/report/report-document.js'
import { verifyDocument } from '../../../src/contracts/report/verify-document.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { editReply } from '../../mutants/spoils.js'
import { startMockTarget } from './mock-target.js'
import { failing, trial } from './trial-checks.js'
import { renderAnnotations, renderHtml, renderJunit, renderReport, renderStepSummary } from './shown-report.js'

const missing = Array.from({ length: 12 }, (_, at) =>
  trial(`trial/missing-${at}`, async (context) => {
    const runnerId = context.random.uuid()
    const answer = await context.call('getRunner', { path: { runnerId } })
    expectEqual(`the runner ${runnerId}`, answer.status, 200, answer)
  }),
)

/** Its one exchange is wrong in three ways. */
const thrice = trial('trial/thrice', async (context) => {
  await context.call('findProjects')
})

const checks = [...missing, failing, thrice]
/** Lists of projects that are no JSON. */
const spoil = editReply((reply) => ({ ...reply, headers: { 'content-type': 'text/plain' }, body: '[]' }))
const report = async (more: object = {}) =>
  verify(await startMockTarget({ layers: [{ touches: new Set(['findProjects']), spoil }] }), { checks, ...more })

describe('reports of many failures', () => {
  it('tell first what most of them have in common', async () => {
    const { cases } = verifyDocument(await report())
    expect(findSharedCauses(cases)).toEqual([
      {
        subject: 'getRunner',
        expected: 'the runner <id> to be 200',
        actual: '404',
        cases: missing.map(({ id }) => id),
      },
    ])
    const full = await report()
    expect(renderReport(full)).toMatch(/^ +12 {2}getRunner: expected the runner <id> to be 200; got 404$/m)
    expect(renderHtml(full)).toContain('12 failures')
    expect(renderStepSummary(full)).toContain('12 failures')
  })

  it('show an exchange once, however many ways it is wrong', async () => {
    const only = await report({ checks: [thrice] })
    const [result] = only.results
    expect(result?.verdict).toMatchObject({ kind: 'failed', findings: [{}, {}] })
    const commands = renderReport(only).match(/\$ curl/g)
    expect(commands).toHaveLength(1)
    expect(renderJunit(only).match(/\$ curl/g)).toHaveLength(1)
    expect(renderHtml(only).match(/class="curl"/g)).toHaveLength(1)
  })

  it('annotate the first ten, as many as GitHub shows, and hold all in the summary', async () => {
    const full = await report()
    expect(renderAnnotations(full).match(/^::error /gm)).toHaveLength(10)
    expect(renderStepSummary(full).match(/<details class="failure"/g)).toHaveLength(14)
  })

  it('count known failures as passed in JUnit', async () => {
    const known = await report({ baseline: new Set(missing.map(({ id }) => id)) })
    expect(renderJunit(known)).toMatch(/<testsuites [^>]*tests="14" failures="2" errors="0" skipped="0"/)
    expect(renderJunit(known).match(/<failure /g)).toHaveLength(2)
  })

  it('end with what is new beside a baseline, and with what did not run for want of time', async () => {
    const timed = trial('trial/timed', async () => undefined, { needs: { clock: { seconds: 9999 } } })
    const known = await report({ baseline: new Set(['trial/fails', 'trial/thrice']), checks: [failing, thrice, timed] })
    const { outcome } = verifyDocument(known)
    expect(outcome).toMatchObject({ isGood: true, word: 'nothing new' })
    expect(outcome.text).toMatch(/^1 not run for want of time, 2 known failures/)
  })

  it('say what became of waivers and baseline wherever people look', async () => {
    const waivers = [
      { id: 'trial/fails', reason: 'meant to' },
      { id: 'trial/gone', reason: 'was there once' },
    ]
    const full = await report({ waivers, baseline: new Set(['trial/thrice']) })
    for (const text of [renderReport(full), renderHtml(full), renderStepSummary(full)]) {
      expect(text).toContain('There is no check trial/gone.')
    }
    expect(renderAnnotations(full)).toMatch(/^::warning title=waivers and baseline::.*trial\/gone/m)
  })

  it('call no waiver needless that another one covers, too', async () => {
    const waivers = ['trial/*', 'trial/fails'].map((id) => ({ id, reason: 'meant to' }))
    expect((await report({ waivers })).waivers).toEqual([])
  })
})
