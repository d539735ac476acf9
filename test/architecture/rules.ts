// The arrows of the architecture as tables, and the functions that hold imports against them.
// To let a new kind of file or package in, change a row here and say why in the commit.
import { packageOf, type Import } from './imports.js'

export interface Layer {
  name: string
  files: RegExp
  /** Layers that its files may import from, besides the layer itself. */
  below: string[]
}

/** A file belongs to the first layer that matches it. */
export const layers: Layer[] = [
  { name: 'generated', files: /^src\/generated\//, below: [] },
  { name: 'cli', files: /^src\/cli\//, below: ['spec', 'adapters', 'mocks', 'contracts', 'kernel', 'generated'] },
  { name: 'adapters', files: /^src\/mocks\/adapters\//, below: ['mocks', 'kernel', 'generated'] },
  { name: 'mocks', files: /^src\/mocks\//, below: ['kernel', 'generated'] },
  { name: 'contracts', files: /^src\/contracts\//, below: ['diagram', 'kernel', 'generated'] },
  { name: 'console', files: /^src\/console\//, below: ['diagram', 'kernel', 'generated'] },
  { name: 'diagram', files: /^src\/diagram\//, below: ['kernel', 'generated'] },
  { name: 'spec', files: /^src\/spec\//, below: ['kernel', 'generated'] },
  { name: 'root', files: /^src\/index\.ts$/, below: ['mocks', 'kernel', 'generated'] },
  { name: 'kernel', files: /^src\/[^/]+\.ts$/, below: ['generated'] },
]

/**
 * Which files may import a package; one that is not listed may be imported by none. The first match counts.
 * `inBuild`: the build puts it inside what is published, so that users need not install it.
 */
export const packages: { name: RegExp; files: RegExp; inBuild?: true }[] = [
  { name: /^node:https?$/, files: /^src\/(mocks\/adapters\/node(-fallback)?\.ts|contracts\/transport\.ts)$/ },
  { name: /^node:/, files: /^src\/(mocks\/adapters\/node[^/]*\.ts|cli\/|contracts\/(?!checks\/))/ },
  { name: /^msw$/, files: /^src\/mocks\/adapters\/(msw|browser(-worker)?)\.ts$/ },
  { name: /^@faker-js\/faker$/, files: /^src\/mocks\/fixtures\//, inBuild: true },
  { name: /^vitest$/, files: /^src\/contracts\/vitest\.ts$/ },
  { name: /^(diff|picomatch)$/, files: /^src\/mocks\/agents\// },
  { name: /^fast-check$/, files: /^src\/contracts\/model\// },
  { name: /^supertest$/, files: /^src\/contracts\/transport\.ts$/ },
  { name: /^vitest$/, files: /^src\/contracts\/vitest\.ts$/ },
  { name: /^lossless-json$/, files: /^src\/lossless-reader\.ts$/, inBuild: true },
  { name: /^uuid$/, files: /^src\/(id-source|pairing)\.ts$/, inBuild: true },
  { name: /^(preact|@preact\/signals)$/, files: /^src\/console\//, inBuild: true },
  { name: /^commander$/, files: /^src\/cli\//, inBuild: true },
  { name: /^yaml$/, files: /^src\/(cli|spec)\//, inBuild: true },
  { name: /^picocolors$/, files: /^src\/(cli|contracts\/report)\// },
]

/** Imports that go against an arrow, leave the layers, or reach a file through its folder's index. */
export function layerViolations(imports: Import[]): string[] {
  return imports.flatMap((each) => {
    if (!each.specifier.startsWith('.')) return []
    if (each.target === undefined) return [describe(each, 'there is no such file under src')]
    if (/\/index\.ts$/.test(each.target))
      return [describe(each, 'an index is for users of the package; import the file')]
    const from = layerOf(each.from)
    const to = layerOf(each.target)
    if (from === undefined) return [describe(each, 'the importing file belongs to no layer')]
    if (to === undefined) return [describe(each, 'the imported file belongs to no layer')]
    if (from === to || from.below.includes(to.name)) return []
    return [describe(each, `${from.name} must not import ${to.name}`)]
  })
}

/** Imports of packages by files that may not import them, and of packages that users would not have installed. */
export function packageViolations(imports: Import[], installed: ReadonlySet<string>): string[] {
  return imports.flatMap((each) => {
    const name = packageOf(each.specifier)
    if (name === undefined) return []
    const rule = packages.find((row) => row.name.test(name))
    if (rule === undefined) return [describe(each, `no file may import ${name}`)]
    if (!rule.files.test(each.from)) return [describe(each, `${name} belongs to ${rule.files.source}`)]
    if (!name.startsWith('node:') && rule.inBuild !== true && !installed.has(name))
      return [describe(each, `${name} is no dependency of the package`)]
    return []
  })
}

/** Cycles of imports, as the files on each; of cycles that share files at least one. */
export function cycles(imports: Import[]): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const { from, target } of imports) {
      if (from === file && target !== undefined) visit(target, [...path, file])
    }
    done.add(file)
  }
  for (const { from } of imports) visit(from, [])
  return found
}

const layerOf = (path: string): Layer | undefined => layers.find((layer) => layer.files.test(path))

const describe = (each: Import, reason: string): string =>
  `${each.from}:${each.line} imports ${each.specifier}: ${reason}`
