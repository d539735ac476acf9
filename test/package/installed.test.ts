// The package in a project that has nothing else: what an import costs and leaves behind, and what bundlers make of it.
import { readdirSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { afterAll, describe, expect, inject, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { root } from './pack.js'
import { Project } from './project.js'

const packed = inject('packed')
const project = new Project([packed.file])
afterAll(() => project.remove())

const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [subpath.replace('.', manifest.name)],
)
/** Those that need no package of the user's. */
const alone = entries.filter((entry) => !/\/(msw|vitest|browser)$/.test(entry))

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', write: false, logLevel: 'silent' },
    stdin: { contents: code, resolveDir: project.folder },
    external: ['node:*', 'msw', 'vitest', 'picomatch', 're2js', 'diff'],
  })
  return outputFiles[0]?.text ?? ''
}

describe('an import', () => {
  it.each(alone)('of %s leaves no trace: no global, no output, nothing that keeps Node running', (entry) => {
    const file = project.write(
      'trace.mjs',
      `const before = Reflect.ownKeys(globalThis)
       const loaded = await import('${entry}')
       const added = Reflect.ownKeys(globalThis).filter((key) => !before.includes(key))
       if (added.length > 0) throw new Error('new globals: ' + added.map(String))
       if (Object.keys(loaded).length === 0 || 'default' in loaded) throw new Error('named exports are missing')`,
    )
    expect(project.run(process.execPath, [file])).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('works from CommonJS, too', () => {
    const names = JSON.stringify(alone)
    const file = project.write('old.cjs', `for (const name of ${names}) if (!require(name)) throw new Error(name)`)
    const { status, stderr } = project.run(process.execPath, ['--no-warnings', file])
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('a bundle', () => {
  it.each(entries)('that imports %s and uses nothing of it has nothing of it', async (entry) => {
    expect(await bundle(`import * as unused from '${entry}'`)).toBe('')
  })

  it('that signs a pairing has no mock in it', async () => {
    const whole = await bundle(`export { createRunnerMock } from 'opik-runner-kit'`)
    const part = await bundle(`export { signActivation } from 'opik-runner-kit'`)
    expect(whole).toContain('/v1/private/')
    expect(part).not.toContain('/v1/private/')
    expect(part.length).toBeLessThan(4_000)
  })
})

describe('the types', () => {
  const common = { strict: true, noEmit: true, target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], types: [] }
  it.each([
    ['nodenext', 'nodenext', 'typescript'],
    ['esnext', 'bundler', 'typescript-7'],
  ])('compile without any other package: modules %s, resolution %s, %s', (module, moduleResolution, typescript) => {
    const lines = alone.map((name, at) => `import * as part${at} from '${name}'; part${at}`)
    project.write('types/index.ts', lines.join('\n'))
    const compilerOptions = { ...common, module, moduleResolution }
    project.write('types/tsconfig.json', JSON.stringify({ compilerOptions }))
    const compiler = `${root}node_modules/${typescript}/bin/tsc`
    const { status, stdout } = project.run(process.execPath, [compiler, '-p', project.at('types')])
    expect([status, stdout]).toEqual([0, ''])
  })
})

describe('the MCP server', () => {
  it('says how to install its SDK, which is not there', () => {
    const { status, stdout, stderr } = project.run('npx', ['opik-runner-kit', 'mcp'])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^[^\n]*npm install [^\n]*@modelcontextprotocol\/server[^\n]*\n$/)
  })
})

describe('an installation', () => {
  it('is as large as the README says', () => {
    const readme = readFileSync(`${root}README.md`, 'utf8')
    const [, packages = 0, megabytes = 0] = /(\d+) packages, (\d+\.\d) MB/.exec(readme)?.map(Number) ?? []
    const installed = JSON.parse(readFileSync(project.at('node_modules/.package-lock.json'), 'utf8')) as {
      packages: object
    }
    expect(Math.abs(Object.keys(installed.packages).length - packages)).toBeLessThanOrEqual(3)
    const actual = bytesIn(project.at('node_modules')) / 1e6
    expect(Math.abs(actual - megabytes)).toBeLessThan(megabytes / 10)
  })
})

function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += readFileSync(`${entry.parentPath}/${entry.name}`).byteLength
  }
  return bytes
}
