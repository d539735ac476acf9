// The archive and what tools for packages say of it; the package in a project that has nothing else, what an import costs and what
// bundlers make of it; and other people's work in it, all of it named, under licences that allow it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { tmpdir } from 'node:os'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it, afterAll, onTestFinished } from 'vitest'
import { build } from 'esbuild'
import manifest from '../../package.json' with { type: 'json' }
import { linksOf } from '../docs/links.js'
import { root } from './pack.js'
import { Project } from './project.js'

const { file, paths } = inject('packed')

/** Every file that an export, the command or the licence asks for. */
const promised = [
  ...Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? target : Object.values(target))),
  ...Object.values(manifest.bin),
].map((path) => path.replace(/^\.\//, ''))

/** Long or large pages that are read on the web. */
const LEFT_OUT = /^docs\/(images\/[\w-]+\.(png|svg)|mutants\.md|requirements\.md)$/

/** The files of dist that the promised ones lead to, by import, re-export, reference or URL; a script asks by `$load`. */
function reached(): Set<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path) || !/\.(c?js|d\.ts)$/.test(path)) return
    found.add(path)
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import|\$load|new URL)\s*\(?\s*["'](\.[^"']+)["']/g)) {
      const target = posix.join(dirname(path), specifier)
      visit(path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target)
    }
  }
  for (const path of promised) visit(path)
  return found
}

describe('the archive', () => {
  it('satisfies publint to the last suggestion', async () => {
    const tarball = new Uint8Array(readFileSync(file)).buffer
    const { messages } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([])
  })

  it('satisfies attw wherever ES modules are resolved', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    // The YAML is for tools that read YAML; a compiler has nothing to resolve there.
    const args = [
      attw,
      file,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'openapi.yaml',
      'kit.yaml',
      '--no-emoji',
    ]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, status === 0 ? '' : stdout]).toEqual([0, ''])
  })

  it('would be taken by npm publish', () => {
    const args = ['publish', file, '--dry-run', '--ignore-scripts', '--json', '--tag', 'trial']
    const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', cwd: root })
    expect(status, stderr).toBe(0)
    expect(JSON.stringify(JSON.parse(stdout))).toContain(`${manifest.name}@${manifest.version}`)
  })

  it('is found by what it is for', () => {
    expect(manifest.keywords).toEqual(expect.arrayContaining(['opik', 'mock-server', 'msw', 'contract-testing']))
  })

  it('has every file that its manifest promises', () => {
    const isThere = (path: string): boolean => {
      const [start = '', end] = path.split('*')
      return paths.some((each) => (end === undefined ? each === path : each.startsWith(start) && each.endsWith(end)))
    }
    expect(promised.filter((path) => !isThere(path))).toEqual([])
  })

  // The console is a page of its own, which the server reads as files.
  it('has no file of dist that nothing leads to', () => {
    const used = reached()
    const unused = paths.filter(
      (path) => /^dist\/(?!console\/)/.test(path) && !used.has(path) && !promised.includes(path),
    )
    expect(unused).toEqual(['dist/chunks/LICENSES.txt', 'dist/cli/LICENSES.txt', 'dist/sbom.json'])
  })

  it('has documents, examples, fixtures and the spec besides, and nothing else', () => {
    const known = [
      /^dist\//,
      /^fixtures\/[\w.-]+\.json$/,
      /^stories\/[\w-]+\.json$/,
      /^docs\/(api\/)?(README|[a-z-]+)\.md$/,
      /^docs\/report\.schema\.json$/,
      /^schemas\/[a-z-]+\.json$/,
      /^openapi\/[a-z-]+\.yaml$/,
      /^examples\/(?!.*(node_modules|dist|package-lock))/,
    ]
    const rest = paths.filter((path) => !known.some((form) => form.test(path))).sort()
    expect(rest).toEqual([
      ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
      ...['SKILL.md', 'llms.txt', 'openapi/SOURCE.md', 'package.json', 'python/README.md'],
    ])
  })

  const pages = paths.filter((path) => path.endsWith('.md'))
  const linked = new Map(
    pages.map((page) => {
      const targets = linksOf(page).map(({ target }) => target)
      const files = targets.filter((target) => target !== '' && !/^(https:|mailto:)/.test(target))
      return [page, files.map((target) => posix.join(dirname(page), target).replace(/\/$/, ''))]
    }),
  )

  it.each(pages)('has what %s links to, or leaves it in the repository for its size', (page) => {
    const isThere = (file: string): boolean => paths.some((path) => path === file || path.startsWith(`${file}/`))
    const isLeftOut = (file: string): boolean => LEFT_OUT.test(file) && existsSync(join(root, file))
    expect(linked.get(page)?.filter((file) => !isThere(file) && !isLeftOut(file))).toEqual([])
  })
})

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
    expect(part.length).toBeLessThan(10_000)
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

it('the MCP server says how to install its SDK, which is not there', () => {
  const { status, stdout, stderr } = project.run('npx', ['opik-runner-kit', 'mcp'])
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^[^\n]*npm install [^\n]*@modelcontextprotocol\/server[^\n]*\n$/)
})

it('an installation is as large as the README says', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const [, packages = 0, megabytes = 0] = /(\d+) packages, (\d+\.\d) MB/.exec(readme)?.map(Number) ?? []
  const installed = JSON.parse(readFileSync(project.at('node_modules/.package-lock.json'), 'utf8')) as {
    packages: object
  }
  expect(Math.abs(Object.keys(installed.packages).length - packages)).toBeLessThanOrEqual(3)
  const actual = bytesIn(project.at('node_modules')) / 1e6
  expect(Math.abs(actual - megabytes)).toBeLessThan(megabytes / 10)
})

function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += readFileSync(`${entry.parentPath}/${entry.name}`).byteLength
  }
  return bytes
}

/** Licences that ask for no more than their text. */
const ALLOWED = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'])
const FOLDERS = ['chunks', 'cli', 'console']

interface Bill {
  bomFormat: string
  metadata: { component: { name: string; version: string } }
  components: { name: string; version: string; purl: string; licenses?: { license: { id?: string } }[] }[]
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const bill = JSON.parse(read('dist/sbom.json')) as Bill
const names = bill.components.map(({ name }) => name)
const licences = FOLDERS.map((folder) => read(`dist/${folder}/LICENSES.txt`)).join('\n')
/** A package begins with its name on a line of its own. */
const inside = names.filter((name) => licences.split('\n').includes(name))

describe('the bill of materials', () => {
  it('is of this package, in the form of CycloneDX', () => {
    expect(bill.bomFormat).toBe('CycloneDX')
    expect(bill.metadata.component).toMatchObject({ name: manifest.name, version: manifest.version })
  })

  it('names what is installed with the package and what is inside it, and nothing else', () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)))
    const brought = names.filter((name) => !(name in manifest.dependencies) && !inside.includes(name))
    expect(brought).toEqual(['pure-rand'])
  })

  it('names no licence that asks for more than its text', () => {
    const others = bill.components.filter(
      ({ licenses = [] }) => !licenses.some(({ license }) => ALLOWED.has(license.id ?? '')),
    )
    expect(others).toEqual([])
  })
})

it('what is inside comes with its licence: a bundle that names a file of a package has its text', () => {
  expect(inside.length).toBeGreaterThan(5)
  // esbuild says of each file where it comes from; the console is minified, and says nothing.
  for (const folder of ['chunks', 'cli']) {
    const files = readdirSync(join(root, 'dist', folder)).filter((name) => name.endsWith('.js'))
    const texts = files.map((name) => read(`dist/${folder}/${name}`)).join('\n')
    const origins = [...texts.matchAll(/^\/\/ .*node_modules\/((?:@[^/]+\/)?[^/\s]+)/gm)].map(([, name = '']) => name)
    const told = read(`dist/${folder}/LICENSES.txt`).split('\n')
    expect(origins.length).toBeGreaterThan(0)
    for (const name of new Set(origins)) expect(told).toContain(name)
  }
})

describe('an installation', () => {
  interface Locked {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }>
  }
  const scripted = Object.entries((JSON.parse(read('package-lock.json')) as Locked).packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript,
  )

  it('of the package runs no script of anybody', () => {
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([])
    expect(scripted.filter(([, { dev }]) => dev !== true)).toEqual([])
  })

  it('of a clone runs none either, and has nothing to say of engines', () => {
    const clone = mkdtempSync(join(tmpdir(), 'clone-'))
    onTestFinished(() => rmSync(clone, { recursive: true, force: true }))
    mkdirSync(join(clone, 'scripts'))
    for (const path of ['package.json', 'package-lock.json', 'scripts/bootstrap.mjs', 'scripts/paths.mjs']) {
      cpSync(join(root, path), join(clone, path))
    }
    // An npm that installs nothing and says what it was asked for.
    const npm = join(clone, 'npm-cli.js')
    writeFileSync(
      npm,
      `import { mkdirSync } from 'node:fs'; mkdirSync('node_modules', { recursive: true }); console.log(process.argv.slice(2).join(' '))`,
    )
    const code = `const { ensureInstalled } = await import('./scripts/bootstrap.mjs'); ensureInstalled('serving'); ensureInstalled()`
    const options = { cwd: clone, env: { ...process.env, npm_execpath: npm }, encoding: 'utf8' } as const
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], options)
    const calls = stdout.split('\n').filter((line) => line.startsWith('ci '))
    expect([status, calls]).toEqual([
      0,
      [
        expect.stringMatching(/^ci --workspace scripts\/serving .*--ignore-scripts/),
        expect.stringMatching(/^ci --include=dev .*--ignore-scripts/),
      ],
    ])
  })
})
