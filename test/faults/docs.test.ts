// The page on faults: its snippets run, and its tables hold every field and preset.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFaults } from '../../src/cli/files/serve-files.js'
import { OUTCOMES } from '../../src/mocks/base/fault.js'
import { presets as presetNotes } from '../../src/generated/kit-preset-notes.js'
import { openSite } from '../admin/site.js'
import { root, snippetsIn } from '../docs/blocks.js'
import { Workbench } from '../docs/workbench.js'
import { openMock } from './stages.js'

const page = readFileSync(join(root, 'docs/faults.md'), 'utf8')
let workbench: Workbench

beforeAll(() => {
  workbench = new Workbench()
})
afterAll(() => workbench.remove())

function snippets(language: string): [string][] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => [text])
}

describe('docs/faults.md', () => {
  it('has TypeScript that runs', () => {
    const programs = snippetsIn('docs/faults.md').filter(({ language }) => language === 'ts')
    expect(programs.length).toBeGreaterThan(1)
    expect(workbench.runPrograms(programs)).toEqual({ status: 0, output: '' })
  })

  it.each(snippets('yaml'))('has a faults file that can be used: %#', async (text) => {
    const file = workbench.write('faults.yaml', text)
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
