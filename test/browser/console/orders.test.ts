// The page of an order that fails: what the command `explore` keeps of a planted bug, opened as its finder would.
import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startProgram } from '../../sdk/program.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { findingsOf, openConsole } from './open-console.js'

const folder = temporaryFolder()

it('tells the story of an order beside its arrows, and refuses other files', async () => {
  const command = ['--', process.execPath, 'examples/explore/search-field.js']
  const reports = ['--reporter', 'json', '--out', folder.at()]
  const { closeInput } = startProgram('dist/cli/main.js', ['explore', '--quiet', '20', ...reports, ...command])
  expect(await closeInput()).toBe(1)
  writeFileSync(folder.at('other.json'), '{"explore_run":1,"failure":{"kind":"test"},"events":[7,{"kind":"nothing"}]}')
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openConsole({ context: { colorScheme, viewport: { width: 390, height: 844 } } })
    await page.getByRole('link', { name: 'Orders' }).click()
    const open = (name: string): Promise<void> => page.getByLabel('Open a file').setInputFiles(folder.at(name))
    const rows = page.getByRole('region', { name: 'Story' }).getByRole('listitem')
    await open('other.json')
    await page.getByRole('alert').waitFor()
    expect(await rows.count()).toBe(0)
    // What is kept for --replay, and the report.
    for (const name of ['explore-run.json', 'explore.json']) {
      await open(name)
      await page.getByText(`in ${name}`).waitFor()
      expect(await rows.filter({ hasText: 'not yet: ' }).count()).toBeGreaterThan(0)
      const drawn = page.getByRole('img', { name: 'Sequence of the run' }).locator('g')
      expect(await drawn.count()).toBe(await rows.count())
    }
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await findingsOf(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
  }
})
