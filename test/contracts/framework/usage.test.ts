// Every way to aim the command wrongly ends with one line and exit code 2, before anything is sent to the target.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addVerifyCommand } from '../../../src/cli/run-verify.js'
import { KitError } from '../../../src/kernel/errors.js'
import { startMockTarget } from './mock-target.js'
import { codeOf } from './trial-checks.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'usage-'))
const URL_OF_NOBODY = 'http://127.0.0.1:1/api'

/** Files that a user might have got wrong, by name. */
const files: Readonly<Record<string, string>> = {
  'broken.yaml': '{ "id": ',
  'list.yaml': '- 1',
  'words.yaml': 'nothing here',
  'unknown-limit.yaml': 'heartbeat_ttl: 15',
  'wrong-limit.yaml': 'heartbeat_ttl_seconds: soon',
  'no-reason.yaml': '- id: job/created',
  'second-limit.yaml': 'job_timeout_seconds: 60\nheartbeat_ttl_seconds: 0\n',
  'second-waiver.yaml': 'waivers:\n  - { id: job/created, reason: x }\n  - id: job/created\n    reason: ""\n',
  'second-failure.json': '{ "results": [\n{ "id": "a/b" },\n{ "id": 1 }\n] }',
  'two.yaml': 'job_timeout_seconds: 60\n---\njob_timeout_seconds: 60\n',
  'no-day.yaml': '- { id: job/created, reason: x, expires: 2026-02-31 }',
}

/** Wrong options, by what is wrong with them; `@` stands for the folder of the files. */
const mistakes: Readonly<Record<string, string>> = {
  'no target': '',
  'a target that is no URL': 'localhost',
  'a target of another protocol': 'ftp://127.0.0.1/api',
  'a password in the URL': 'http://me:secret-word@127.0.0.1:1/api',
  'two targets': `${URL_OF_NOBODY} ${URL_OF_NOBODY}`,
  'an unknown option': `${URL_OF_NOBODY} --fast`,
  'an option without its value': `${URL_OF_NOBODY} --seed`,
  'an unknown area': `${URL_OF_NOBODY} --area nowhere`,
  'an unknown suite': `${URL_OF_NOBODY} --suite nowhere`,
  'an unknown suite that is required': `${URL_OF_NOBODY} --require nowhere`,
  'a required suite that is not chosen': `${URL_OF_NOBODY} --suite core --require time`,
  'an end after no failure': `${URL_OF_NOBODY} --bail 0`,
  'an end after the first word': `${URL_OF_NOBODY} --bail first`,
  'an end after less than no failure': `${URL_OF_NOBODY} --bail -1`,
  'a suite and an area that share no check': `${URL_OF_NOBODY} --suite bridge --area job`,
  'a list of what shares no check': '--list --suite bridge --area job',
  'a second target that is no URL': `${URL_OF_NOBODY} --compare localhost`,
  'no such area of two targets': `${URL_OF_NOBODY} --compare ${URL_OF_NOBODY} --area nowhere`,
  'an unknown area to list': '--list --area nowhere',
  'an unknown check': `${URL_OF_NOBODY} --check job/nothing`,
  'a seed that is no number': `${URL_OF_NOBODY} --seed one`,
  'a negative seed': `${URL_OF_NOBODY} --seed=-1`,
  'half a check at once': `${URL_OF_NOBODY} --concurrency 0.5`,
  'no check at once': `${URL_OF_NOBODY} --concurrency 0`,
  'no sequences': `${URL_OF_NOBODY} --runs 0`,
  'a wait that is no number': `${URL_OF_NOBODY} --max-wait long`,
  'an unknown reporter': `${URL_OF_NOBODY} --reporter tap`,
  'documents that share the terminal': `${URL_OF_NOBODY} --reporter json,html`,
  'a document among other text': `${URL_OF_NOBODY} --reporter pretty,junit`,
  'a folder that is a file': `${URL_OF_NOBODY} --reporter json --out @/words.yaml`,
  'a missing file of limits': `${URL_OF_NOBODY} --limits @/none.yaml`,
  'a broken file of limits': `${URL_OF_NOBODY} --limits @/broken.yaml`,
  'a list of limits': `${URL_OF_NOBODY} --limits @/list.yaml`,
  'words for limits': `${URL_OF_NOBODY} --limits @/words.yaml`,
  'an unknown limit': `${URL_OF_NOBODY} --limits @/unknown-limit.yaml`,
  'a limit that is no number': `${URL_OF_NOBODY} --limits @/wrong-limit.yaml`,
  'a missing file of waivers': `${URL_OF_NOBODY} --waivers @/none.yaml`,
  'words for waivers': `${URL_OF_NOBODY} --waivers @/words.yaml`,
  'a waiver without a reason': `${URL_OF_NOBODY} --waivers @/no-reason.yaml`,
  'a waiver until a day that never comes': `${URL_OF_NOBODY} --waivers @/no-day.yaml`,
  'a missing baseline': `${URL_OF_NOBODY} --baseline @/none.yaml`,
  'words for a baseline': `${URL_OF_NOBODY} --baseline @/words.yaml`,
  'a list of numbers for a baseline': `${URL_OF_NOBODY} --baseline @/list.yaml`,
  'an admin API that is no URL': `${URL_OF_NOBODY} --admin localhost`,
  'an admin API that is not there': `${URL_OF_NOBODY} --admin http://127.0.0.1:1/__admin`,
  'a key that no header holds': `${URL_OF_NOBODY} --api-key kéy`,
  'the same colleague': `${URL_OF_NOBODY} --api-key k-1 --colleague-api-key k-1`,
  'room for no waiting request': `${URL_OF_NOBODY} --max-waiting 0`,
  'a recording in a folder that is not there': `${URL_OF_NOBODY} --recording-out @/none/x.ndjson`,
  'keys of no recording': `${URL_OF_NOBODY} --keep-keys`,
  'one recording of many runs': `${URL_OF_NOBODY} --watch --recording-out @/x.ndjson`,
  'a recording of two targets': `${URL_OF_NOBODY} --compare ${URL_OF_NOBODY} --recording-out @/x.ndjson`,
  'the same identity twice': `${URL_OF_NOBODY} --api-key k-1 --other-api-key k-1`,
}

beforeAll(() => {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** What the command ends with: the error that becomes the one line, or nothing; and what the parser of options has said. */
async function endOf(line: string): Promise<{ error: unknown; told: string }> {
  const args = line
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => part.replace('@/', `${folder}/`))
  let told = ''
  const output = { outputError: (message: string) => void (told += message) }
  const program = new Command().exitOverride().configureOutput(output)
  addVerifyCommand(program)
  for (const command of program.commands) command.exitOverride().configureOutput(output)
  try {
    await program.parseAsync(['verify', ...args], { from: 'user' })
    return { error: undefined, told }
  } catch (error) {
    return { error, told }
  }
}

const mistakeOf = async (line: string): Promise<unknown> => (await endOf(line)).error

describe('verify, aimed wrongly', () => {
  it.each(Object.entries(mistakes))('refuses %s in one line', async (_, line) => {
    const { error, told } = await endOf(line)
    expect(error instanceof KitError || (error instanceof CommanderError && told !== '')).toBe(true)
    if (!(error instanceof Error)) return
    expect(error).not.toMatchObject({ code: 'target/unreachable' })
    expect(error.message).not.toMatch(/secret-word|undefined|\[object/)
    // What the parser of options says on two lines is joined where it is printed; see below.
    if (error instanceof KitError) expect(error.message).not.toContain('\n')
  })

  it.each([
    ['--limits', 'second-limit.yaml', 'line 2, heartbeat_ttl_seconds'],
    ['--limits', 'broken.yaml', 'line 1'],
    ['--limits', 'two.yaml', 'line 2'],
    ['--waivers', 'second-waiver.yaml', 'line 4, waivers[1].reason'],
    ['--waivers', 'no-reason.yaml', 'line 1, [0].reason'],
    ['--baseline', 'second-failure.json', 'line 3, results[1]'],
    ['--baseline', 'words.yaml', 'line 1'],
  ])('names the place of a flaw: %s %s', async (option, file, place) => {
    const error = await mistakeOf(`${URL_OF_NOBODY} ${option} @/${file}`)
    const text = error instanceof KitError ? error.message : ''
    expect(text).toContain(`${file} `)
    expect(text).toContain(place)
  })

  it('ends with exit code 2 and that line alone', async () => {
    const outcomes = await Promise.all([
      run([URL_OF_NOBODY, '--area', 'nowhere']),
      run([URL_OF_NOBODY, '--seed', 'one']),
    ])
    for (const { code, stdout, stderr } of outcomes) {
      expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 })
    }
  })
})

/** Runs the built command. */
async function run(args: string[]) {
  const env = { PATH: process.env['PATH'], NO_COLOR: '1' }
  const child = spawn(process.execPath, ['dist/cli/main.js', 'verify', ...args], { cwd: root, env })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

describe('verify, with credentials that the target does not know', () => {
  const auth = {
    'key-of-ann': { user: 'ann', workspaces: ['team'] },
    'key-of-ben': { user: 'ben', workspaces: ['team'] },
  }
  it('says whose are refused before any check is run', async () => {
    const { url } = await startMockTarget({ auth })
    const ann = { url, apiKey: 'key-of-ann', workspace: 'team' }
    expect(await codeOf({ url })).toBe('target/refused')
    expect(await codeOf({ url, apiKey: 'key-of-nobody', workspace: 'team' })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { apiKey: 'key-of-nobody' } })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { workspace: 'elsewhere' } })).toBe('target/refused')
    expect(await codeOf({ ...ann, other: { apiKey: 'key-of-ben' } })).toBe(0)
  })
})
