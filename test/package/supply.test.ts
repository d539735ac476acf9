// What users get of other people's work: all of it is named, under licences that allow it, with their texts.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
