// `serve --faults FILE`: the file that a user writes, and how a wrong one is refused.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { readFaults } from '../../src/cli/files/serve-files.js'
import { startProgram } from '../sdk/program.js'
import { openMock } from './stages.js'
import { temporaryFolder } from '../temporary-folder.js'

const COMMAND = 'dist/cli/main.js'
const folder = temporaryFolder()
const { write } = folder

const YAML = `
- operation: nextJob
  status: 503
  retry_after: 1
  times: 2
- preset: slow-backend
- operation: [heartbeat, getJob]
  delay: { from: 10, to: 20 }
  probability: 0.5
`

describe('readFaults', () => {
  it('takes YAML and JSON of the same form', async () => {
    const entries = await readFaults(write('good.yaml', YAML))
    const json = write('good.json', JSON.stringify(entries))
    expect(await readFaults(json)).toEqual(entries)
    const mock = openMock({ faults: entries })
    expect(mock.faults.list()).toHaveLength(5)
  })

  it.each([
    [
      'an unknown operation',
      '- status: 500\n- operation: nextJobs\n  status: 500\n',
      ['line 2', 'operation', 'nextJobs'],
    ],
    ['a status out of range', '- operation: nextJob\n\n  status: 200\n', ['line 3', 'status', '200']],
    ['a deep field', '- delay:\n    from: 9\n    to: 3\n', ['line 2', 'delay.from', '9']],
    ['no effect', '- operation: nextJob\n- times: 3\n', ['line 1']],
    ['an unknown preset', '- preset: storm\n', ['line 1', 'preset', 'storm', 'lossy-polls']],
    ['a word', 'flaky-network\n', ['line 1']],
    ['nothing', '', ['line 1']],
    ['two faults of one id', '- id: a\n  status: 500\n- id: a\n  status: 501\n', ['line 3', 'id']],
    ['broken JSON', '[{"status": 500},\n {"status": ]\n', ['line 2']],
    ['broken YAML', '- status: 500\n- {status\n', ['line 3']],
  ])('refuses %s with file, line, field and value', async (_, text, named) => {
    const file = write('bad.yaml', text)
    const error = await readFaults(file).catch((problem: unknown) => problem)
    expect(error).toMatchObject({ name: 'KitError' })
    const { message } = error as Error
    for (const part of [file, ...named]) expect(message).toContain(part)
  })

  it('refuses a file that is not there', async () => {
    await expect(readFaults(folder.at('none.yaml'))).rejects.toMatchObject({ name: 'KitError' })
  })
})

describe('serve --faults', () => {
  it('starts with the faults, and returns to them on reset', async () => {
    const file = write('pings.yaml', '- { operation: isAlive, status: 503, shape: errors }\n')
    const program = startProgram(COMMAND, ['serve', '--port', '0', '--faults', file])
    const [, url = ''] = await program.printed(/listening on (\S+)/)
    const admin = new URL('/__admin', url).href
    const ping = async (): Promise<number> => (await fetch(`${url}/is-alive/ping`)).status
    expect(await ping()).toBe(503)
    await fetch(`${admin}/faults`, { method: 'DELETE' })
    expect(await ping()).toBe(200)
    await fetch(`${admin}/reset`, { method: 'POST' })
    expect(await ping()).toBe(503)
    await program.stop()
  })

  it('exits 2 with one line for a file that cannot be used, and listens nowhere', () => {
    const file = write('wrong.yaml', '- status: 500\n  drop: after\n')
    const run = spawnSync(process.execPath, [COMMAND, 'serve', '--port', '0', '--faults', file], {
      encoding: 'utf8',
      timeout: 120_000,
    })
    expect([run.status, run.stdout]).toEqual([2, ''])
    expect(run.stderr.trim().split('\n')).toHaveLength(1)
    expect(run.stderr).toContain(file)
  })
})
