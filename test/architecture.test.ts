// Holds the imports and names of src against the architecture (architecture/rules.ts), and proves on made-up sources
// that the checker catches what it is there for.
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { responses } from '../src/kernel/operation.js'
import { packageOf, readImports, type Sources } from './architecture/imports.js'
import { cycles, layerViolations, packageViolations } from './architecture/rules.js'

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

  it('ask the clock, not the platform, for the time', () => {
    const asking = written.filter((path) => path !== 'src/kernel/clock.ts' && /new Date\(\)/.test(sources[path] ?? ''))
    expect(asking).toEqual([])
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
      'src/mocks/adapters/node.ts': `import { mock } from '../runner-mock.js'\nimport { createServer } from 'node:http'`,
      'src/mocks/adapters/msw.ts': `import type { HttpHandler } from 'msw'`,
      'src/mocks/mock/runner-mock.ts': `export * from '../clock.js'`,
      'src/kernel/clock.ts': `import type { A } from './generated/schema.js'`,
      'src/generated/api-types.ts': ``,
    }
    expect(check(sources)).toEqual([])
  })

  it.each([
    [
      'a mock that imports a contract',
      'src/mocks/a.ts',
      `import '../contracts/b.js'`,
      'mocks must not import contracts',
    ],
    [
      'a contract that imports a mock',
      'src/contracts/b.ts',
      `import '../mocks/a.js'`,
      'contracts must not import mocks',
    ],
    [
      'a core that imports an adapter',
      'src/mocks/a.ts',
      `export { x } from './adapters/x.js'`,
      'mocks must not import adapters',
    ],
    ['a kernel that imports a mock', 'src/k.ts', `type A = import('./mocks/a.js').A`, 'kernel must not import mocks'],
    [
      'generated code that imports the kernel',
      'src/generated/g.js',
      `import '../k.js'`,
      'generated must not import kernel',
    ],
    ['an import of the package root', 'src/cli/c.ts', `await import('../index.js')`, 'an index is for users'],
    ['an import of a folder index', 'src/mocks/a.ts', `import './fixtures/index.js'`, 'an index is for users'],
    ['an import of a missing file', 'src/k.ts', `import './gone.js'`, 'no such file'],
    ['msw in a second file', 'src/mocks/adapters/y.ts', `import { http } from 'msw'`, 'msw belongs to'],
    ['a built-in in the core', 'src/mocks/a.ts', `const c = require('node:crypto')`, 'node:crypto belongs to'],
    ['a built-in in a contract check', 'src/contracts/checks/b.ts', `import 'node:fs'`, 'node:fs belongs to'],
    ['a package that nobody listed', 'src/k.ts', `import _ from 'lodash/get.js'`, 'no file may import lodash'],
  ])('catches %s', (_title, path, text, expected) => {
    const others = ['src/mocks/a.ts', 'src/contracts/b.ts', 'src/mocks/adapters/x.ts', 'src/k.ts', 'src/index.ts']
    const sources = Object.fromEntries([...others, 'src/fixtures/index.ts'].map((other) => [other, '']))
    const found = check({ ...sources, [path]: text })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`${path}:1 imports`)
    expect(found[0]).toContain(expected)
  })

  it('catches a listed package that users would not have', () => {
    const imports = readImports({ 'src/mocks/agents/x.ts': `import 'picomatch'` })
    expect(packageViolations(imports, new Set())).toEqual([
      'src/mocks/agents/x.ts:1 imports picomatch: picomatch is no dependency of the package',
    ])
  })

  it('catches a circle and names the files on it', () => {
    const sources = { 'src/a.ts': `import './b.js'`, 'src/b.ts': `import './c.js'`, 'src/c.ts': `import './a.js'` }
    expect(check(sources)).toEqual(['src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts'])
  })

  it('says on which line a forbidden import stands', () => {
    const [found] = check({ 'src/mocks/a.ts': `// one\n\nimport '../contracts/b.js'`, 'src/contracts/b.ts': '' })
    expect(found).toMatch(/^src\/mocks\/a\.ts:3 /)
  })
})
