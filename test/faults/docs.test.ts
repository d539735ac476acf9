// The page on faults: its files can be used, and its tables hold every effect and preset. test/docs/pages.test.ts runs the rest.
import { describe, expect, it } from 'vitest'
import { readFaults } from '../../src/cli/files/serve-files.js'
import { OUTCOMES } from '../../src/mocks/base/fault.js'
import { presets as presetNotes } from '../../src/generated/kit-preset-notes.js'
import { readPage, snippetsOf } from '../docs/blocks.js'
import { temporaryFolder } from '../temporary-folder.js'
import { openMock } from './stages.js'

const page = readPage('faults.md')
const folder = temporaryFolder()

describe('docs/faults.md', () => {
  it.each(snippetsOf('faults.md', 'yaml'))('has a faults file %i that can be used', async (_, text) => {
    const faults = await readFaults(folder.write('faults.yaml', text))
    expect(openMock({ faults }).faults.list().length).toBeGreaterThan(0)
  })

  it('tells of every preset and every effect', () => {
    for (const [name, { title, reproduces }] of Object.entries(presetNotes)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      expect(row).toContain(title)
      expect(row).toContain(reproduces)
    }
    for (const name of [...OUTCOMES, 'delay']) expect(page).toContain(`| \`${name}\``)
  })
})
