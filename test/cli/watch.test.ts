// `watch --recording` judges files: what is wrong with them is told with the exchanges that prove it, and by the exit code.
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { freePort } from '../../scripts/programs.mjs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it, vi } from 'vitest'
import schema from '../../schemas/watch-report.json' with { type: 'json' }
import { addWatchCommand } from '../../src/cli/run-watch.js'
import type { WatchReport } from '../../src/generated/kit-schema.js'
import { dangers } from '../kernel/hostile-text.js'
import { readRecording, type RecordedExchange, type Recording } from '../replay/recording.js'
import { handedOutTwice } from '../watch/corruptions.js'
import { temporaryFolder } from '../temporary-folder.js'

import { runCommand, type Outcome } from './refusal.js'

const folder = temporaryFolder()

const watch = (...args: string[]): Promise<Outcome> => runCommand(addWatchCommand, 'watch', ...args)

function write(name: string, { header, exchanges }: Recording): string {
  const file = folder.at(name)
  const text = `${[header, ...exchanges].map((line) => JSON.stringify(line)).join('\n')}\n`
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text)
  return file
}

/** What `--json` prints, as far as it is read here. */
interface Shown {
  verdicts: { rule: string; severity: string; story: { recording: string; id: number; method: string }[] }[]
  quirks: { id: string; how: string; times: number }[]
  counts: { exchanges: number; judged: number }
}

function shownBy({ stdout }: Outcome): Shown {
  return JSON.parse(stdout) as Shown
}

const whole = readRecording('jobs')
const spoilt = handedOutTwice(whole)

/** Exchanges by turns, as two recorders would have kept them, each with its own numbers. */
function split({ header, exchanges }: Recording): [Recording, Recording] {
  const half = (rest: number): readonly RecordedExchange[] =>
    exchanges.filter((_, at) => at % 2 === rest).map((exchange, at) => ({ ...exchange, id: at + 1 }))
  return [
    { header, exchanges: half(0) },
    { header, exchanges: half(1) },
  ]
}

describe('watch --recording', () => {
  it('ends with 0 where nothing is wrong, and tells of quirks', async () => {
    const words = '--recording test/recorded/quirks.ndjson.gz --starts-empty --side server --json'
    const outcome = await watch(...words.split(' '))
    expect(outcome.status).toBe(0)
    const { verdicts, quirks, counts } = shownBy(outcome)
    expect(verdicts).toEqual([])
    expect(quirks).toContainEqual(expect.objectContaining({ id: 'stale-wait', how: 'seen', times: 2 }))
    expect(counts.judged).toBeGreaterThan(0)
  })

  it('ends with 1 where a must is broken, and tells by which exchanges', async () => {
    const file = write('spoilt.ndjson.gz', spoilt.recording)
    const { status, stdout } = await watch('--recording', file, '--starts-empty', '--side', 'server')
    expect(status).toBe(1)
    const { exchanges } = spoilt.recording
    const guilty = exchanges.find(({ id }) => id === spoilt.id)
    const line = stdout.split('\n').find((each) => each.includes(`#${spoilt.id} `))
    expect(line).toContain(`${guilty?.method} ${guilty?.path}`)
    expect(line).toContain(String(guilty?.status))
  })

  it('judges several together, in the order in which their exchanges began', async () => {
    const [one, other] = split(whole).map((part, at) => write(`fine-${at}.ndjson`, part))
    const fine = await watch('--recording', other ?? '', one ?? '', '--starts-empty', '--side', 'server', '--json')
    expect([fine.status, shownBy(fine).counts.exchanges]).toEqual([0, whole.exchanges.length])
    const parts = split(spoilt.recording).map((part, at) => write(`spoilt-${at}.ndjson`, part))
    const outcome = await watch('--recording', ...parts, '--starts-empty', '--side', 'server', '--json')
    expect(outcome.status).toBe(1)
    const { story = [] } = shownBy(outcome).verdicts[0] ?? {}
    expect(parts).toEqual(expect.arrayContaining(story.map(({ recording }) => recording)))
    expect(new Set(story.map(({ recording, id }) => `${recording} ${id}`)).size).toBe(story.length)
  })

  it('holds the server to the limits that are given', async () => {
    const limits = folder.at('limits.yaml')
    writeFileSync(limits, 'max_agents_per_runner: 1\n')
    const recording = 'test/recorded/agents.ndjson.gz'
    expect((await watch('--recording', recording, '--starts-empty', '--side', 'server')).status).toBe(0)
    expect(
      (await watch('--recording', recording, '--starts-empty', '--side', 'server', '--limits', limits)).status,
    ).toBe(1)
  })

  it('gives the limits to recordings that know of different ones', async () => {
    const [one, other] = split(whole)
    const settings = { ...whole.header.settings, max_agents_per_runner: 7 }
    const files = [write('one.ndjson', one), write('other.ndjson', { ...other, header: { ...other.header, settings } })]
    const limits = folder.at('same.yaml')
    writeFileSync(limits, `max_agents_per_runner: ${whole.header.settings.max_agents_per_runner}\n`)
    const args = ['--recording', ...files, '--starts-empty', '--side', 'server']
    await expect(watch(...args)).rejects.toMatchObject({ code: 'watch/together' })
    expect((await watch(...args, '--limits', limits)).status).toBe(0)
  })

  it('shows nothing as it came', async () => {
    const hostile = 'a\u001B[2Jb\u202Ec\n::add-mask::d\r##[command]e'
    const exchanges = whole.exchanges.map((each) =>
      each.status === 200 ? { ...each, query: hostile, response: { headers: {}, body: `{"x":"${hostile}"}` } } : each,
    )
    const file = write('hostile.ndjson', { ...whole, exchanges })
    for (const extra of [[], ['--json']]) {
      const { status, stdout } = await watch('--recording', file, ...extra)
      expect([status, dangers(stdout)]).toEqual([1, []])
    }
  })

  it('refuses what cannot be used, and names the line of the file', async () => {
    const broken = write('broken.ndjson', whole)
    writeFileSync(broken, `${JSON.stringify(whole.header)}\n${JSON.stringify(whole.exchanges[0])}\n{"id": 2}\n`)
    await expect(watch('--recording', broken)).rejects.toThrow(/\bline 3\b/)
  })

  it.each([
    ['a file that is not there', ['--recording', 'none.ndjson'], 'file/unreadable'],
    ['nothing', [], 'watch/url'],
    ['what is no URL', ['localhost:5173'], 'watch/url'],
    ['a URL with a password', ['http://me:secret@127.0.0.1:1'], 'watch/url'],
    ['a URL beside a recording', ['http://127.0.0.1:1', '--recording', 'jobs.ndjson'], 'watch/options'],
    ['--keep-keys without a recording', ['http://127.0.0.1:1', '--keep-keys'], 'recording/keep-keys'],
    ['a folder that cannot be', ['http://127.0.0.1:1', '--out', '/dev/null/a'], 'watch/out'],
    ['itself', ['http://127.0.0.1:PORT', '--port', 'PORT'], 'watch/circle'],
  ])('refuses to watch %s', async (_, args, code) => {
    vi.stubEnv('OPIK_URL_OVERRIDE', '')
    const port = await freePort()
    const given = args.map((arg) => arg.replace('PORT', String(port)))
    const message = expect.not.stringContaining('secret') as string
    await expect(watch(...given)).rejects.toMatchObject({ code, message })
  })
})

it('prints as JSON what the schema says, with verdicts and with quirks', async () => {
  const judge = new Ajv2020({ strict: false }).compile(schema)
  const report = async (file: string): Promise<WatchReport> =>
    JSON.parse((await watch('--recording', file, '--starts-empty', '--json')).stdout) as WatchReport
  const reports = [
    await report(write('spoilt.ndjson', spoilt.recording)),
    await report('test/recorded/quirks.ndjson.gz'),
  ]
  for (const each of reports) expect([judge(each), judge.errors]).toEqual([true, null])
  expect(reports[0]?.verdicts.length).toBeGreaterThan(0)
  expect(reports[1]?.quirks.length).toBeGreaterThan(0)
  expect(judge({ ...reports[0], counts: undefined })).toBe(false)
})
