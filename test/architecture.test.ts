// Holds the imports and names of src against the architecture (architecture/rules.ts), and proves on made-up sources
// that the checker catches what it is there for.
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { responses } from '../src/kernel/all-operations.js'
import { constants } from '../src/lifecycle/table.js'
import {
  packageOf,
  readImports,
  type Sources,
  crowdedFolders,
  cycles,
  layerViolations,
  longestChains,
  most,
  packageViolations,
  sharedNames,
  unlimitedUnpackers,
} from './architecture/rules.js'

const dependencies = Object.keys(manifest.dependencies)
const installed = new Set([...dependencies, ...Object.keys(manifest.peerDependencies)])

function readSources(): Sources {
  const root = new URL('../', import.meta.url)
  const files = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.([jt]sx?|json)$/.test(path))
  return Object.fromEntries(files.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]))
}

/** A source without its comments. */
function code(source: string): string {
  return source.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '')
}

/** The names that a source exports where it declares them. */
function exportedNames(source: string): string[] {
  const declared = /^export (?:async |abstract )*(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm
  return [...source.matchAll(declared)].map(([, name]) => name ?? '')
}

/** The words that a name is made of. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/)
}

describe('the sources', () => {
  const sources = readSources()
  const imports = readImports(sources)
  const written = Object.keys(sources).filter((path) => !path.startsWith('src/generated/') && !path.endsWith('.json'))

  it('import along the arrows only', () => {
    expect(layerViolations(imports)).toEqual([])
  })

  it('import each package only where it belongs', () => {
    expect(packageViolations(imports, installed)).toEqual([])
  })

  it('import in no circle', () => {
    expect(cycles(imports)).toEqual([])
  })

  it('leave no folder crowded', () => {
    expect(crowdedFolders(written.filter((path) => !path.endsWith('.d.ts')))).toEqual([])
  })

  it('stand in chains of few folders', () => {
    const long = [...longestChains(imports).values()].filter((chain) => chain.length - 1 > most.links)
    expect(long).toEqual([])
  })

  it('have a name each', () => {
    expect(sharedNames(Object.keys(sources).filter((path) => /(?<!\.d)\.tsx?$/.test(path)))).toEqual([])
  })

  it('speak the words of the glossary', () => {
    const rows =
      readFileSync(new URL('../docs/glossary.md', import.meta.url), 'utf8').match(/^\| (?!word |-).*\|$/gm) ?? []
    const banned = new Set(rows.flatMap((row) => row.split('|')[3]?.trim().split(/, |^$/) ?? []).filter(Boolean))
    expect(rows.length).toBeLessThanOrEqual(30)
    expect(banned.size).toBeGreaterThan(20)
    const names = written.flatMap((path) => [
      path.replace(/^.*\//, '').replace(/\.tsx?$/, ''),
      ...exportedNames(sources[path] ?? ''),
    ])
    expect(names.length).toBeGreaterThan(1000)
    expect(names.filter((name) => wordsOf(name).some((word) => banned.has(word)))).toEqual([])
  })

  it('mean one thing by the name of an exported type', () => {
    const type = /^export (?:abstract )?(?:class|interface|type) (\w+)/gm
    const types = written.flatMap((path) => [...(sources[path] ?? '').matchAll(type)].map(([, name = '']) => name))
    expect(types.length).toBeGreaterThan(500)
    expect(types.filter((name, at) => types.indexOf(name) !== at)).toEqual([])
  })

  it('call limits MAX_ and MIN_', () => {
    const limit = /\b(?:MOST|LARGEST|LONGEST|DEEPEST|FEWEST|SHORTEST|SMALLEST)_[A-Z_]+\b/
    expect(written.filter((path) => limit.test(sources[path] ?? ''))).toEqual([])
  })

  it('ask the clock, not the platform, for the time', () => {
    const asking = written.filter((path) => path !== 'src/kernel/clock.ts' && /new Date\(\)/.test(sources[path] ?? ''))
    expect(asking).toEqual([])
  })

  it('unpack nothing without a limit', () => {
    expect(unlimitedUnpackers(sources)).toEqual([])
  })

  it('leave statuses and refusals to the tables, where operations are carried out', () => {
    const carrying = written.filter((path) => /^src\/mocks\/(world|resolvers|collections)\//.test(path))
    const statuses = new Set(Object.values(responses).flatMap((answers) => Object.keys(answers)))
    const forbidden = new RegExp(`(?<![\\w.])(${[...statuses].join('|')})(?![\\w.])|refusal\\.js`)
    const spelling = carrying.filter((path) => forbidden.test(code(sources[path] ?? '')))
    expect(statuses).toContain('404')
    expect(carrying.length).toBeGreaterThan(20)
    expect(spelling).toEqual([])
  })

  it('use every runtime dependency', () => {
    const used = new Set(imports.map((each) => packageOf(each.specifier)))
    expect(dependencies.filter((name) => !used.has(name))).toEqual([])
  })

  it('have names in kebab-case', () => {
    expect(written.filter((path) => !/^src(\/[a-z0-9]+(-[a-z0-9]+)*)+\.tsx?$/.test(path))).toEqual([])
  })

  it('open by saying what they own', () => {
    expect(written.filter((path) => !/^(#!.*\n)?(\/\/|\/\*)/.test(sources[path] ?? ''))).toEqual([])
  })
})

describe('the checker', () => {
  const check = (sources: Sources) => {
    const imports = readImports(sources)
    return [...layerViolations(imports), ...packageViolations(imports, installed), ...cycles(imports)]
  }

  it('accepts imports along the arrows', () => {
    const sources = {
      'src/cli/serve.ts': `import { serve } from '../mocks/adapters/node.js'\nconst fs = await import('node:fs')`,
      'src/mocks/adapters/node.ts': `import { mock } from '../mock/runner-mock.js'\nimport { createServer } from 'node:http'`,
      'src/mocks/adapters/msw.ts': `import type { HttpHandler } from 'msw'`,
      'src/mocks/mock/runner-mock.ts': `export * from '../../kernel/clock.js'`,
      'src/kernel/clock.ts': `import type { A } from '../generated/api-types.js'`,
      'src/generated/api-types.ts': ``,
    }
    expect(check(sources)).toEqual([])
  })

  it.each([
    ['a mock that imports a contract', 'mocks/base/a', '../../contracts/b.js', 'mocks must not import contracts'],
    ['a core that imports an adapter', 'mocks/base/a', '../adapters/x.js', 'mocks/base must not import mocks/adapters'],
    ['an import of a folder index', 'mocks/base/a', '../../fixtures/index.js', 'an index is for users'],
    ['a file outside the wings', 'attic/a', '../kernel/k.js', 'belongs to no wing'],
    ['a built-in in a contract check', 'contracts/suites/core/b', 'node:fs', 'node:fs belongs to'],
    ['a package that nobody listed', 'kernel/k', 'lodash/get.js', 'no file may import lodash'],
  ])('catches %s', (_title, name, specifier, expected) => {
    const path = `src/${name}.ts`
    const others = ['mocks/base/a', 'contracts/b', 'mocks/adapters/x', 'kernel/k', 'fixtures/index']
    const sources = Object.fromEntries(others.map((other) => [`src/${other}.ts`, '']))
    const found = check({ ...sources, [path]: `// one\nimport '${specifier}'` })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`${path}:2 imports`)
    expect(found[0]).toContain(expected)
  })

  it('catches a listed package that users would not have, and an unpacker without a limit', () => {
    const imports = readImports({ 'src/mocks/agents/x.ts': `import 'picomatch'` })
    expect(packageViolations(imports, new Set())).toHaveLength(1)
    expect(unlimitedUnpackers({ 'src/cli/a.ts': 'gunzipSync(bytes, { maxOutputLength: 1 })' })).toHaveLength(1)
  })

  it('catches a circle and names the files on it', () => {
    const sources = {
      'src/cli/a.ts': `import './b.js'`,
      'src/cli/b.ts': `import './c.js'`,
      'src/cli/c.ts': `import './a.js'`,
    }
    expect(check(sources)).toEqual(['src/cli/a.ts -> src/cli/b.ts -> src/cli/c.ts -> src/cli/a.ts'])
  })

  it('catches a crowded folder, a name for two things and a long chain', () => {
    const files = Array.from({ length: most.files + 1 }, (_, at) => `src/spec/${at}.ts`)
    expect(crowdedFolders(files)).toEqual([`spec: ${most.files + 1} files`])
    expect(crowdedFolders(files.slice(1))).toEqual([])
    expect(sharedNames(['src/a/x.ts', 'src/b/x.tsx', 'src/b/y.ts', 'src/a/index.ts', 'src/b/index.ts'])).toEqual([
      'src/a/x.ts, src/b/x.tsx',
    ])
    const sources = {
      'src/cli/a.ts': `import './state/b.js'`,
      'src/cli/state/b.ts': `import '../files/c.js'`,
      'src/cli/files/c.ts': '',
    }
    expect(longestChains(readImports(sources)).get('cli')).toEqual(['cli', 'cli/state', 'cli/files'])
  })
})

/** The one file that may have it. */
const UUID_FILE = 'kernel/id-source.ts'

const sources = readdirSync(new URL('../src/', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('generated/'))
  .map((name) => ({ name, text: readFileSync(new URL(`../src/${name}`, import.meta.url), 'utf8') }))

const filesWith = (pattern: RegExp): string[] =>
  sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

/** Names of what the constants of the spec are about. */
const ABOUT = 'TTL|BATCH|GRACE|MERGE|PAGE_SIZE|DEFAULT_SIZE|MIN_WAIT|READ_SECONDS|LIFE'

describe('what the spec says', () => {
  it('is no pattern typed by hand', () => {
    expect(filesWith(/\[a-z_\]\+/)).toEqual([])
    expect(filesWith(/\{8\}.{0,20}\{4\}.{0,20}\{12\}/)).toEqual([UUID_FILE])
  })

  it('is no number typed by hand', () => {
    const values = Object.values(constants).filter((value) => typeof value === 'number')
    const typed = new RegExp(`\\b\\w*(?:${ABOUT})\\w*\\b[^\\n=]*= (?:${values.join('|')})\\b`, 'i')
    expect('const DEFAULT_TTL_SECONDS = 300').toMatch(typed)
    expect(filesWith(typed)).toEqual([])
  })
})
