// What users and contributors get of other people's work: all of it is named, under licences that allow it, with their
// texts, and none of it runs while it is installed.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { root } from './pack.js'

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

describe('what is inside', () => {
  it('comes with its licence: a bundle that names a file of a package has its text', () => {
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
