// Plays the cases over MSW against what a project has installed, in the place of our sources and of our MSW:
// KIT_PROJECT is its folder. The cases themselves and the vocabulary that they use stay ours.
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import manifest from '../../package.json' with { type: 'json' }

const project = process.env['KIT_PROJECT']
if (project === undefined) throw new Error('KIT_PROJECT names no folder')

/** What the cases import from the sources, and where a user finds it. */
const published = [
  { source: /\/src\/mocks\/mock\/runner-mock\.js$/, entry: manifest.name },
  { source: /\/src\/mocks\/adapters\/msw\.js$/, entry: `${manifest.name}/msw` },
  { source: /\/src\/mocks\/engine\/check-reply\.js$/, entry: `${manifest.name}/node` },
]

const installed: Plugin = {
  name: 'from the project',
  enforce: 'pre',
  async resolveId(source) {
    const entry = /^msw(\/|$)/.test(source) ? source : published.find((each) => each.source.test(source))?.entry
    if (entry === undefined) return undefined
    const found = await this.resolve(entry, join(project, 'package.json'), { skipSelf: true })
    if (found?.id.startsWith(project) !== true) throw new Error(`${entry} is not installed in ${project}`)
    return found
  },
}

export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  define: { KIT_VERSION: JSON.stringify(manifest.version) },
  plugins: [installed],
  test: {
    include: ['test/mocks/msw.test.ts', 'test/mocks/msw-adapter.test.ts'],
    env: { NO_COLOR: '1' },
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    testTimeout: 30_000,
    restoreMocks: true,
  },
})
