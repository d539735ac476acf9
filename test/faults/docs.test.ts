// The page on faults: its snippets run, and its tables hold every field and preset.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFaults } from '../../src/cli/files/faults-file.js'
import { OUTCOMES } from '../../src/mocks/base/fault.js'
import { presetNotes } from '../../src/mocks/engine/faults/preset-notes.js'
import { openSite } from '../admin/site.js'
import { asJavaScript } from '../docs/blocks.js'
import { openMock } from './stages.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'docs/faults.md'), 'utf8')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/opik-runner-kit'), 'dir')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function snippets(language: string): [string][] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => [text])
}

describe('docs/faults.md', () => {
  it.each(snippets('ts'))('has TypeScript that runs: %#', (text) => {
    const file = join(folder, 'snippet.mjs')
    writeFileSync(file, asJavaScript(text))
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it.each(snippets('yaml'))('has a faults file that can be used: %#', async (text) => {
    const file = join(folder, 'faults.yaml')
    writeFileSync(file, text)
    expect(openMock({ faults: await readFaults(file) }).faults.list().length).toBeGreaterThan(0)
  })

  it('has calls of the admin API that work', async () => {
    const site = await openSite()
    const lines = snippets('sh').flatMap(([text]) => text.trim().split('\n'))
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines.filter((each) => !each.includes('/events'))) {
      const [, method = 'GET', path = '', , body] = /(?:-X (\w+) )?\S*__admin(\S+)( -d '(.*)')?$/.exec(line) ?? []
      const { status } = await site.call(method, path, body)
      expect([line, status < 300]).toEqual([line, true])
    }
  })

  it.each(Object.entries(presetNotes))('tells of the preset %s', (name, { title, reproduces }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? ''
    expect(row).toContain(title)
    expect(row).toContain(reproduces)
  })

  it('tells of every effect', () => {
    for (const name of [...OUTCOMES, 'delay']) expect(page).toContain(`| \`${name}\``)
  })
})
