// What servers, clients and files say reaches the terminal through no command as it came.
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { conductDocument } from '../../src/cli/run-conduct.js'
import { describeWorld } from '../../src/cli/serve.js'
import { renderAnnotations } from '../../src/report/github-report.js'
import { renderHtml } from '../../src/report/html-report.js'
import { renderJunit } from '../../src/report/write-report.js'
import { createPaint, renderGroups } from '../../src/report/text-report.js'
import type { ConductRunFile } from '../../src/generated/kit-schema.js'
import { watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { renderComparison } from '../../src/spec/render-comparison.js'
import { startMockTarget } from '../contracts/framework/mock-target.js'
import { dangers, hostileText } from '../kernel/hostile-text.js'
import { editReply, jobOperations } from '../mutants/spoils.js'
import { startProgram } from '../sdk/program.js'
import { ours, put, upstream } from '../spec/documents.js'
import { COMMAND, startServe } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'

const HOSTILE = 'a\u001B[2Jb\u202Ec\n::add-mask::d\n  ::error::e\r##[command]f\u009B0m'

const folder = temporaryFolder()
const { write } = folder

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
}

it('serve lists names of runners and projects', async () => {
  const mock = createRunnerMock()
  onTestFinished(() => mock.close())
  await mock.given.connectedRunner({ type: 'connect' })
  const { world } = mock.snapshot()
  fc.assert(
    fc.property(hostileText, (text) => {
      const projects = { [text]: [{ id: '1', name: text }] }
      const runners = world.runners.map((runner) => ({ ...runner, wire: { ...runner.wire, name: text } }))
      const shown = describeWorld(projects, runners)
      expect(dangers(shown)).toEqual([])
      expect(shown.split('\n')).toHaveLength(2)
    }),
  )
})

it('conduct tells of what clients did', async () => {
  const mock = createRunnerMock({ conduct: watchConduct, frozen: true })
  onTestFinished(() => mock.close())
  const runner = await mock.given.connectedRunner({ type: 'endpoint', agents: ['echo'] })
  await mock.fetch(`http://x/v1/private/local-runners/${runner.id}/heartbeats`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  const report = mock.conduct.report()
  expect(report.runners).toHaveLength(1)
  fc.assert(
    fc.property(hostileText, (text) => {
      const runners = report.runners.map((each) => ({
        ...each,
        name: `<evil>${text}`,
        verdicts: each.verdicts.map((verdict) => ({
          ...verdict,
          outcome: 'broken' as const,
          reason: `<evil>${text}`,
          evidence: [{ at: text, operation: 'nextJob' as const, subject: text, note: text }],
        })),
      }))
      const run: ConductRunFile = {
        ...{ conduct_run: 1, command: [text], seed: 1, presets: [], verdicts: {}, reasons: {} },
        recording: { at: 0, ended: true, heartbeat_ttl_seconds: 15, sleeps: [], runners: [] },
      }
      const notices = [{ id: text, kind: 'unknown' as const, message: text }]
      const document = conductDocument({ run, report: { ...report, runners }, notices, hadWork: false, passed: false })
      const shown = [renderGroups(document, createPaint(false)), renderJunit(document), renderHtml(document)]
      for (const text of shown) expect(dangers(text)).toEqual([])
      for (const text of shown.slice(1)) expect(text).not.toMatch(/<\/?evil/)
      expect(dangers(renderAnnotations(document), /^::(error|warning|notice) title=[^\n]*::/)).toEqual([])
    }),
  )
})

it('spec compares with the documents of others', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const theirs = upstream((document) => {
        put(document['info'], 'title', text)
        put(document['components']?.['schemas']?.['LocalRunnerJob']?.['properties'], `${text}x`, {
          type: 'string',
          default: text,
        })
      })
      expect(dangers(renderComparison(compareSpecs(ours, theirs), pc.createColors(false)))).toEqual([])
    }),
    { numRuns: 10 },
  )
})

describe('the commands', () => {
  it('fixture prints what was set as JSON', () => {
    const { stdout } = run('fixture', 'job', '--set', `inputs={"text":${JSON.stringify(HOSTILE)}}`)
    expect(dangers(stdout)).toEqual([])
    expect(JSON.parse(stdout)).toMatchObject({ inputs: { text: HOSTILE } })
  })

  it.each([
    ['fixture', [HOSTILE]],
    ['fixture', ['job', '--set', `${HOSTILE}=1`]],
    ['limits', ['--set', HOSTILE]],
    ['serve', ['--profile', HOSTILE]],
    ['serve', ['--base-path', HOSTILE]],
    ['serve', ['--settings', HOSTILE]],
    ['serve', [`--${HOSTILE}`]],
    ['verify', [HOSTILE]],
    ['spec', ['--compare', HOSTILE]],
    ['watch', ['--recording', HOSTILE]],
    ['conduct', ['--for', '1', '--', `/${HOSTILE}`]],
  ])('%s refuses what it is given without repeating it raw', (command, args) => {
    const { status, stdout, stderr } = run(command, ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(dangers(stderr)).toEqual([])
  })

  it('serve refuses files without repeating them raw', () => {
    const settings = write('settings.json', JSON.stringify({ [HOSTILE]: HOSTILE }))
    const scenario = write('scenario.json', JSON.stringify({ runners: [{ name: HOSTILE, type: HOSTILE }] }))
    const broken = write('broken.yaml', `a: "${HOSTILE}\n${HOSTILE}: [`)
    for (const args of [
      ['--settings', settings],
      ['--scenario', scenario],
      ['--faults', broken],
      ['--auth', settings],
    ]) {
      const { status, stderr } = run('serve', '--port', '0', ...args)
      expect(status).toBe(2)
      expect(dangers(stderr)).toEqual([])
    }
  })

  it('verify shows the answers of a hostile server', async () => {
    const spoil = editReply((reply) => ({ ...reply, status: 418, body: reply.body + HOSTILE }))
    const { url } = await startMockTarget({ layers: [{ touches: new Set(jobOperations), spoil }] })
    const program = startProgram(COMMAND, ['verify', url, '--check', '*alive*', '--check', 'job/*', '--max-wait', '1'])
    expect(await program.closeInput()).toBeGreaterThan(0)
    expect(program.output()).toContain('add-mask')
    expect(dangers(program.output())).toEqual([])
  })

  it('serve prints requests', async () => {
    const program = await startServe(['--verbose'])
    await fetch(`${program.url}/v1/private/${encodeURIComponent(HOSTILE)}`)
    await fetch(`${program.url}/v1/private/projects`, {
      headers: { 'comet-workspace': '\u009B2Jteam\u0085' },
    })
    await program.printed(/findProjects.*team/)
    expect(await program.stop()).toBe(0)
    expect(dangers(program.output())).toEqual([])
  })
})
