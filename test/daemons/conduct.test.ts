// `conduct` on Opik's own clients: they keep all that is a must, without trouble and in trouble; a connect daemon executes
// commands of all types, over files with names and contents beyond ASCII, with signatures checked on both sides.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'vitest'
import type { Client } from '../../scripts/daemons/clients.mjs'
import type { ConductReport, ConductVerdict } from '../../src/mocks/conduct/watch-conduct.js'
import { presetNames } from '../../src/mocks/engine/faults/fault-presets.js'
import { startProgram } from '../sdk/program.js'
import { clients, connectCommand, endpointCommand, isAll, nodeCommand, note, pythons, quiet } from './daemon.js'

async function grade(
  command: readonly string[],
  ...options: string[]
): Promise<{ status: number | null; report: ConductReport }> {
  const home = mkdtempSync(join(tmpdir(), 'daemons-test-'))
  const args = ['conduct', '--json', ...options, '--', ...command]
  // Daemons look through the folder that they are started in, and are late where it holds much.
  const program = startProgram(resolve('dist/cli/main.js'), args, quiet(home), home)
  const status = await program.closeInput()
  rmSync(home, { recursive: true, force: true })
  const json = /^\{\n {2}"at"[^]*?^\}$/m.exec(program.output())?.[0]
  if (json === undefined) throw new Error(`no report in ${program.output()}`)
  return { status, report: JSON.parse(json) as ConductReport }
}

function rulesOf({ runners }: ConductReport, outcome: string, severity: string): string[] {
  return runners.flatMap(({ verdicts }) =>
    verdicts.filter((each) => each.outcome === outcome && each.severity === severity).map(({ rule }) => rule),
  )
}

/** With what they were broken by. */
function brokenMusts({ runners }: ConductReport): ConductVerdict[] {
  return runners.flatMap(({ verdicts }) =>
    verdicts.filter(({ outcome, severity }) => outcome === 'broken' && severity === 'must'),
  )
}

const endpointOf = (client: Client): string[] =>
  client.language === 'python' ? endpointCommand(client, 'headless', 'conduct') : nodeCommand(client)

/** By `--all` every preset with three seeds; else one, with one. */
const troubles = isAll
  ? [...presetNames, 'sleepy-laptop'].flatMap((preset) => [1, 2, 3].map((seed) => ({ preset, seed })))
  : [{ preset: 'rate-limited', seed: 1 }]

describe.concurrent.each(clients)('conduct on endpoint agents of opik $version for $language', (client) => {
  it('finds that they keep the contract', async ({ expect }) => {
    const { status, report } = await grade(endpointOf(client), '--for', '15')
    expect(brokenMusts(report)).toEqual([])
    expect(rulesOf(report, 'kept', 'must')).toEqual(expect.arrayContaining(['poll/pace', 'work/once']))
    expect(report.runners).toMatchObject([{ type: 'endpoint' }])
    expect(status).toBe(0)
    note(client, 'breaks (should)', rulesOf(report, 'broken', 'should'))
  })

  it.for(troubles)('finds that they keep it under $preset, seed $seed', async ({ preset, seed }, { expect }) => {
    const { status, report } = await grade(endpointOf(client), '--preset', preset, '--seed', String(seed))
    expect(brokenMusts(report)).toEqual([])
    expect(status).toBe(0)
    note(client, 'breaks (should)', rulesOf(report, 'broken', 'should'))
  })
})

describe.concurrent.each(pythons)('conduct on opik connect $version', (client) => {
  it('finds that commands of all types do what they say, and signatures are right', async ({ expect }) => {
    const { status, report } = await grade(connectCommand(client, 'conduct'), '--type', 'connect', '--for', '15')
    expect(brokenMusts(report)).toEqual([])
    expect(rulesOf(report, 'kept', 'must')).toEqual(expect.arrayContaining(['command/result', 'command/signature']))
    expect(status).toBe(0)
    note(client, 'commands', 'yes')
    note(client, 'breaks (should)', rulesOf(report, 'broken', 'should'))
  })

  it.for(troubles)(
    'finds that it keeps the contract under $preset, seed $seed',
    async ({ preset, seed }, { expect }) => {
      const options = ['--type', 'connect', '--preset', preset, '--seed', String(seed)]
      const { status, report } = await grade(connectCommand(client, 'conduct'), ...options)
      expect(brokenMusts(report)).toEqual([])
      expect(status).toBe(0)
      note(client, 'breaks (should)', rulesOf(report, 'broken', 'should'))
    },
  )
})
