// `conduct` on Opik's own clients: they keep all that is a must, without trouble and in trouble; a connect daemon executes
// commands of all types, over files with names and contents beyond ASCII, with signatures checked on both sides.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it, type TestContext } from 'vitest'
import type { Client } from '../../scripts/daemons/clients.mjs'
import type { ConductReport, ConductVerdict } from '../../src/mocks/conduct/watch-conduct.js'
import { presetNames } from '../../src/mocks/engine/faults/faults.js'
import { eventually } from '../sdk/eventually.js'
import { startProgram, type Program } from '../sdk/program.js'
import { clients, connectCommand, endpointCommand, isAll, nodeCommand, note, pythons, quiet } from './daemon.js'

/** Starts conduct in a folder of its own: daemons look through the one they are started in, and are late where it is big. */
function conduct({ onTestFinished }: TestContext, ...args: readonly string[]): { program: Program; home: string } {
  const home = mkdtempSync(join(tmpdir(), 'daemons-test-'))
  const program = startProgram(resolve('dist/cli/main.js'), ['conduct', ...args], quiet(home), home)
  onTestFinished(async () => {
    await program.stop()
    rmSync(home, { recursive: true, force: true })
  })
  return { program, home }
}

/** Grades a client, which must keep the contract. Resolves with the ids of the `must` rules that it was seen to keep. */
async function seeKept(test: TestContext, client: Client, command: string[], ...options: string[]): Promise<string[]> {
  const { program } = conduct(test, '--json', ...options, '--', ...command)
  const status = await program.closeInput()
  const json = /^\{\n {2}"at"[^]*?^\}$/m.exec(program.output())?.[0]
  if (json === undefined) throw new Error(`no report in ${program.output()}`)
  const { runners } = JSON.parse(json) as ConductReport
  const verdicts = (outcome: string, severity = /./): ConductVerdict[] =>
    runners.flatMap((runner) =>
      runner.verdicts.filter((each) => each.outcome === outcome && severity.test(each.severity)),
    )
  const reasons = verdicts('not exercised').filter(({ reason }) => reason !== undefined)
  note(
    client,
    'not exercised',
    reasons.map(({ rule, reason = '' }) => `${rule}: ${reason}`),
  )
  note(
    client,
    'breaks (should)',
    verdicts('broken', /should/).map(({ rule }) => rule),
  )
  test.expect(verdicts('broken', /must/)).toEqual([])
  test.expect(status).toBe(0)
  return verdicts('kept', /must/).map(({ rule }) => rule)
}

const endpointOf = (client: Client): string[] =>
  client.language === 'python' ? endpointCommand(client, 'headless', 'conduct') : nodeCommand(client)

/** By `--all` every preset with three seeds; else one that refuses, one that loses and one that ends the runner. */
const troubles = isAll
  ? [...presetNames, 'sleepy-laptop'].flatMap((preset) => [1, 2, 3].map((seed) => ({ preset, seed })))
  : ['rate-limited', 'lossy-polls', 'eviction-storm'].map((preset) => ({ preset, seed: 1 }))

describe.concurrent.each(clients)('conduct on endpoint agents of opik $version for $language', (client) => {
  it('finds that they keep the contract', async (test) => {
    const kept = await seeKept(test, client, endpointOf(client), '--for', '15')
    test.expect(kept).toEqual(test.expect.arrayContaining(['poll/pace', 'work/once']))
  })

  it.for(troubles)('finds that they keep it under $preset, seed $seed', async ({ preset, seed }, test) => {
    await seeKept(test, client, endpointOf(client), '--preset', preset, '--seed', String(seed))
  })
})

describe.concurrent.each(pythons)('conduct on opik connect $version', (client) => {
  const command = connectCommand(client, 'conduct')

  it('finds that commands of all types do what they say, and signatures are right', async (test) => {
    const kept = await seeKept(test, client, command, '--type', 'connect', '--for', '15')
    test.expect(kept).toEqual(test.expect.arrayContaining(['command/result', 'command/signature']))
    note(client, 'commands', 'yes')
  })

  it.for(troubles)('finds that it keeps the contract under $preset, seed $seed', async ({ preset, seed }, test) => {
    await seeKept(test, client, command, '--type', 'connect', '--preset', preset, '--seed', String(seed))
  })
})

describe.concurrent.each(pythons)('conduct on opik endpoint $version', (client) => {
  it.runIf(process.platform === 'linux')('leaves neither the daemon nor its child behind on Ctrl-C', async (test) => {
    const { program, home } = conduct(test, '--for', '300', '--', ...endpointOf(client))
    // Who was started here has this home.
    const left = (): string[] => readdirSync('/proc').filter((pid) => environmentOf(pid).includes(`HOME=${home}\0`))
    await eventually('conduct, the daemon and its child', () => (left().length === 3 ? true : undefined), {
      details: program.output,
    })
    process.kill(program.pid, 'SIGINT')
    test.expect(await program.closeInput()).toBe(130)
    test.expect(left()).toEqual([])
  })
})

/** '' for who is gone. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
