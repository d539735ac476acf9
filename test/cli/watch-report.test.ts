// What `watch --json` prints is what its JSON Schema says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import schema from '../../schemas/watch-report.json' with { type: 'json' }
import { addWatchCommand } from '../../src/cli/run-watch.js'
import type { WatchReport } from '../../src/generated/kit-schema.js'
import { readRecording } from '../replay/recording.js'
import { corrupt, corruptions } from '../watch/corruptions.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-report-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function report(file: string): Promise<WatchReport> {
  const parts: string[] = []
  const output = vi.spyOn(process.stdout, 'write').mockImplementation((part) => parts.push(String(part)) > 0)
  const before = process.exitCode
  const program = new Command()
  addWatchCommand(program)
  try {
    await program.parseAsync(['watch', '--recording', file, '--starts-empty', '--json'], { from: 'user' })
  } finally {
    process.exitCode = before
    output.mockRestore()
  }
  return JSON.parse(parts.join('')) as WatchReport
}

it('has the form that the schema says, with verdicts and with accidents', async () => {
  const twice = corruptions.find(({ what }) => what === 'a job is handed out twice')
  const spoilt = twice && corrupt(readRecording('jobs'), twice)
  if (spoilt === undefined) throw new Error('jobs cannot be spoilt')
  const { header, exchanges } = spoilt.recording
  const file = join(folder, 'spoilt.ndjson')
  writeFileSync(file, [header, ...exchanges].map((line) => JSON.stringify(line)).join('\n'))
  const judge = new Ajv2020({ strict: false }).compile(schema)
  const reports = [await report(file), await report('test/recorded/accidents.ndjson.gz')]
  for (const each of reports) expect([judge(each), judge.errors]).toEqual([true, null])
  expect(reports[0]?.verdicts.length).toBeGreaterThan(0)
  expect(reports[1]?.accidents.length).toBeGreaterThan(0)
  expect(judge({ ...reports[0], counts: undefined })).toBe(false)
})
