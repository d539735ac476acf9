// Every way to aim the command wrongly ends with one line and exit code 2, before anything is sent to the target.
import { writeFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { addVerifyCommand } from '../../../src/cli/run-verify.js'
import { KitError } from '../../../src/kernel/errors.js'
import { runCommand } from '../../cli/refusal.js'
import { startProgram } from '../../sdk/program.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { startMockTarget } from './mock-target.js'
import { codeOf } from './trial-checks.js'

const folder = temporaryFolder()

/** Files that a user might have got wrong, by name; what they break by their schemas is for test/kit/hostile-files. */
const files: Readonly<Record<string, string>> = {
  'broken.yaml': '{ "id": ',
  'words.yaml': 'nothing here',
  'unknown-limit.yaml': 'heartbeat_ttl: 15',
  'second-limit.yaml': 'job_timeout_seconds: 60\nheartbeat_ttl_seconds: 0\n',
  'second-waiver.yaml': 'waivers:\n  - { id: job/created, reason: x }\n  - id: job/created\n    reason: ""\n',
  'second-failure.json': '{ "results": [\n{ "id": "a/b" },\n{ "id": 1 }\n] }',
  'two.yaml': 'job_timeout_seconds: 60\n---\njob_timeout_seconds: 60\n',
  'no-day.yaml': '- { id: job/created, reason: x, expires: 2026-02-31 }',
}

/** Wrong command lines; `URL` is a server that is not there, `@` the folder of the files. */
const mistakes = [
  ...['', 'localhost', 'ftp://127.0.0.1/api', 'http://me:secret-word@127.0.0.1:1/api', 'URL URL', 'URL --fast'],
  ...['URL --area nowhere', '--list --area nowhere', 'URL --check job/nothing', 'URL --suite bridge --area job'],
  ...['URL --suite nowhere', 'URL --require nowhere', 'URL --suite core --require time'],
  ...['URL --bail 0', 'URL --bail first', 'URL --bail -1', 'URL --seed one', 'URL --seed=-1', 'URL --seed'],
  ...['URL --concurrency 0.5', 'URL --runs 0', 'URL --max-wait long', 'URL --max-waiting 0'],
  ...['URL --compare localhost', 'URL --compare URL --area nowhere', 'URL --compare URL --bail 2'],
  ...['URL --reporter tap', 'URL --reporter json,html', 'URL --reporter pretty,junit'],
  ...['URL --reporter json --out @/words.yaml', 'URL --limits @/none.yaml', 'URL --limits @/unknown-limit.yaml'],
  ...['URL --waivers @/no-day.yaml', 'URL --admin localhost', 'URL --admin http://127.0.0.1:1/__admin'],
  ...['URL --api-key kéy', 'URL --api-key k-1 --colleague-api-key k-1', 'URL --api-key k-1 --other-api-key k-1'],
  ...['URL --recording-out @/none/x.ndjson', 'URL --keep-keys', 'URL --watch --recording-out @/x.ndjson'],
  'URL --compare URL --recording-out @/x.ndjson',
]

beforeAll(() => {
  for (const [name, content] of Object.entries(files)) writeFileSync(folder.at(name), content)
})

/** The error that becomes the one line. */
async function refusal(line: string): Promise<{ code: string; message: string }> {
  vi.stubEnv('OPIK_URL_OVERRIDE', '')
  const words = line.replaceAll('URL', 'http://127.0.0.1:1/api').replaceAll('@/', `${folder.at()}/`).split(' ')
  const error: unknown = await runCommand(addVerifyCommand, 'verify', ...words.filter((word) => word !== '')).catch(
    (caught: unknown) => caught,
  )
  if (error instanceof KitError || error instanceof CommanderError) return error
  throw new Error(`not refused: ${line}`, { cause: error })
}

describe('verify, aimed wrongly', () => {
  it.each(mistakes)('refuses in one line: %s', async (line) => {
    const { code, message } = await refusal(line)
    expect(code).not.toBe('target/unreachable')
    expect(message.trim()).not.toBe('')
    expect(message).not.toMatch(/secret-word|undefined|\[object/)
    // What the parser of options says on two lines is joined where it is printed; see below.
    if (!code.startsWith('commander.')) expect(message).not.toContain('\n')
  })

  it.each([
    ['--limits', 'second-limit.yaml', 'line 2, heartbeat_ttl_seconds'],
    ['--limits', 'broken.yaml', 'line 1'],
    ['--limits', 'two.yaml', 'line 2'],
    ['--waivers', 'second-waiver.yaml', 'line 4, waivers[1].reason'],
    ['--baseline', 'second-failure.json', 'line 3, results[1]'],
  ])('names the place of a flaw: %s %s', async (option, file, place) => {
    const { message } = await refusal(`URL ${option} @/${file}`)
    expect(message).toContain(`${file} `)
    expect(message).toContain(place)
  })

  it.each(['URL --area nowhere', 'URL --seed one'])('ends with exit code 2 and that line alone: %s', async (line) => {
    const words = line.replace('URL', 'http://127.0.0.1:1/api').split(' ')
    const program = startProgram('dist/cli/main.js', ['verify', ...words])
    expect(await program.closeInput()).toBe(2)
    expect([program.output(), program.output().split('\n').length]).toEqual([program.errors(), 2])
  })
})

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
