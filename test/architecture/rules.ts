// The arrows of the architecture as tables, and the functions that hold imports against them.
// To let a new kind of file or package in, change a row here and say why in the commit.
import { createRequire } from 'node:module'
import type TypeScript from 'typescript'

/** A wing of src: folders of one purpose, each of which may import from those left of it. */
export interface Wing {
  name: string
  /** Paths below src. A file belongs to the folder that it lies in directly. */
  folders: string[]
  /** Wings that its files may import from, besides the wing itself. */
  below: string[]
}

const core = ['lifecycle', 'kernel', 'generated']

export const wings: Wing[] = [
  { name: 'generated', folders: ['generated'], below: [] },
  { name: 'kernel', folders: ['kernel', 'kernel/recording'], below: ['generated'] },
  {
    name: 'lifecycle',
    folders: ['lifecycle', 'lifecycle/states', 'lifecycle/tracker', 'lifecycle/steps', 'lifecycle/traffic'],
    below: ['kernel', 'generated'],
  },
  { name: 'fixtures', folders: ['fixtures/base', 'fixtures/definitions', 'fixtures'], below: core },
  { name: 'spec', folders: ['spec'], below: core },
  { name: 'conduct', folders: ['conduct'], below: core },
  { name: 'report', folders: ['report'], below: core },
  {
    name: 'mocks',
    folders: [
      ...['mocks/base', 'mocks/world', 'mocks/engine', 'mocks/engine/faults', 'mocks/quirks'],
      ...[
        'mocks/collections',
        'mocks/computed',
        'mocks/resolvers',
        'mocks/agents/connect',
        'mocks/agents',
        'mocks/given',
      ],
      ...[
        'mocks/scenarios',
        'mocks/scenarios/recorded',
        'mocks/conduct',
        'mocks/mock',
        'mocks/adapters/admin',
        'mocks/adapters',
      ],
    ],
    below: ['fixtures', 'conduct', ...core],
  },
  {
    name: 'contracts',
    folders: [
      ...['contracts/target', 'contracts/check'],
      ...['contracts/watch', 'contracts/model'],
      ...['core', 'bridge', 'wire', 'limits', 'isolation', 'time', 'neighbours'].map((of) => `contracts/suites/${of}`),
      ...['contracts/suites', 'contracts/run', 'contracts/record', 'contracts'],
    ],
    below: ['conduct', 'report', ...core],
  },
  { name: 'explore', folders: ['explore'], below: ['fixtures', 'conduct', 'report', 'mocks', 'contracts', ...core] },
  {
    name: 'console',
    folders: [
      ...['console/model', 'console/parts'],
      ...['dialogs', 'world', 'requests', 'coverage', 'timeline', 'orders', 'controls'].map(
        (of) => `console/views/${of}`,
      ),
      'console',
    ],
    below: ['report', ...core],
  },
  {
    name: 'cli',
    folders: ['cli/files', 'cli/state', 'cli/conduct', 'cli/watch', 'cli/explore', 'cli/mcp', 'cli'],
    below: ['spec', 'fixtures', 'conduct', 'report', 'mocks', 'contracts', 'explore', ...core],
  },
  { name: 'root', folders: [''], below: ['conduct', 'mocks', 'explore', ...core] },
]

/** Files in a folder at most, and links in the longest chain of imports between the folders of a wing. */
export const most = { files: 20, links: 8 }

/**
 * Which files may import a package; one that is not listed may be imported by none. The first match counts.
 * `inBuild`: the build puts it inside what is published, so that users need not install it.
 */
export const packages: { name: RegExp; files: RegExp; inBuild?: true }[] = [
  {
    name: /^node:https?$/,
    files:
      /^src\/(mocks\/adapters\/node(-exchange|-fallback|-server)?\.ts|contracts\/target\/app-transport\.ts|cli\/watch\/relay\.ts)$/,
  },
  // What unpacks has a limit: see `unlimitedUnpackers`.
  {
    name: /^node:zlib$/,
    files: /^src\/(contracts\/target\/unpack-body|cli\/files\/recording-file|cli\/run-script)\.ts$/,
  },
  { name: /^node:/, files: /^src\/(mocks\/adapters\/node[^/]*\.ts|cli\/|contracts\/(?!suites\/))/ },
  { name: /^msw$/, files: /^src\/mocks\/adapters\/(msw|browser)\.ts$/ },
  { name: /^@faker-js\/faker$/, files: /^src\/fixtures\//, inBuild: true },
  { name: /^vitest$/, files: /^src\/contracts\/vitest\.ts$/ },
  { name: /^diff$/, files: /^src\/(mocks\/agents\/|report\/compare-reports\.ts$)/ },
  { name: /^picomatch$/, files: /^src\/mocks\/agents\// },
  { name: /^re2js$/, files: /^src\/mocks\/agents\// },
  { name: /^undici$/, files: /^src\/contracts\/target\/transport\.ts$/, inBuild: true },
  { name: /^fast-check$/, files: /^src\/contracts\/model\// },
  { name: /^uuid$/, files: /^src\/kernel\//, inBuild: true },
  { name: /^@noble\/hashes$/, files: /^src\/kernel\/pairing\.ts$/, inBuild: true },
  { name: /^(preact|@preact\/signals)$/, files: /^src\/console\//, inBuild: true },
  { name: /^@modelcontextprotocol\/server(\/stdio)?$/, files: /^src\/cli\/(mcp\/|run-mcp\.ts$)/ },
  { name: /^commander$/, files: /^src\/cli\//, inBuild: true },
  { name: /^yaml$/, files: /^src\/cli\//, inBuild: true },
  { name: /^picocolors$/, files: /^src\/(cli|report)\// },
]

/** Imports that go against an arrow, leave the wings, or reach a file through its folder's index. */
export function layerViolations(imports: Import[]): string[] {
  return imports.flatMap((each) => {
    if (!each.specifier.startsWith('.')) return []
    if (each.target === undefined) return [describe(each, 'there is no such file under src')]
    if (/\/index\.ts$/.test(each.target))
      return [describe(each, 'an index is for users of the package; import the file')]
    const from = placeOf(each.from)
    const to = placeOf(each.target)
    if (from === undefined) return [describe(each, 'the importing file belongs to no wing')]
    if (to === undefined) return [describe(each, 'the imported file belongs to no wing')]
    if (from.wing === to.wing && to.at <= from.at) return []
    if (from.wing === to.wing) return [describe(each, `${from.folder} must not import ${to.folder}`)]
    return from.wing.below.includes(to.wing.name)
      ? []
      : [describe(each, `${from.wing.name} must not import ${to.wing.name}`)]
  })
}

/** Folders that hold too many files, by their paths. */
export function crowdedFolders(files: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const file of files) counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > most.files).map(([folder, count]) => `${folder}: ${count} files`)
}

/** Names of files that stand for two things. An index is a door, and has no other name. */
export function sharedNames(files: readonly string[]): string[] {
  const places = new Map<string, string[]>()
  for (const file of files) {
    const name = file.slice(file.lastIndexOf('/') + 1).replace(/\.tsx?$/, '')
    if (name !== 'index') places.set(name, [...(places.get(name) ?? []), file])
  }
  return [...places.values()].filter((paths) => paths.length > 1).map((paths) => paths.join(', '))
}

/** The longest chain of imports between the folders of each wing. Needs imports without circles of folders. */
export function longestChains(imports: readonly Import[]): Map<string, string[]> {
  const next = new Map<string, Set<string>>()
  for (const { from, target } of imports) {
    const [start, end] = [placeOf(from), target === undefined ? undefined : placeOf(target)]
    if (start === undefined || end === undefined || start.wing !== end.wing || start.folder === end.folder) continue
    next.set(start.folder, (next.get(start.folder) ?? new Set()).add(end.folder))
  }
  const chainFrom = (folder: string): string[] => {
    const rest = [...(next.get(folder) ?? [])].map(chainFrom).toSorted((a, b) => b.length - a.length)[0] ?? []
    return [folder, ...rest]
  }
  const longest = ({ folders }: Wing): string[] =>
    folders.map(chainFrom).toSorted((a, b) => b.length - a.length)[0] ?? []
  return new Map(wings.map((wing) => [wing.name, longest(wing)]))
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

/** Files that may unpack, each with what shows that it has a limit. */
const unpackers: Readonly<Record<string, RegExp>> = {
  'src/kernel/recording/unpack.ts': /if \(size > max\) throw/,
  'src/contracts/target/unpack-body.ts': /maxOutputLength: max\b/,
}

/** Files that unpack without a limit, or where only others may. */
export function unlimitedUnpackers(sources: Readonly<Record<string, string>>): string[] {
  const one = 'Gunzip|Inflate(?:Raw)?|Unzip|(?:Brotli|Zstd)Decompress'
  const unpacks = new RegExp(`\\b(?:create(?:${one})|(?:${one})Sync|DecompressionStream)\\b`, 'i')
  return Object.entries(sources).flatMap(([file, text]) =>
    unpacks.test(text) && unpackers[file]?.test(text) !== true ? [file] : [],
  )
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

interface Place {
  wing: Wing
  folder: string
  /** Its number in the wing, counted from the left. */
  at: number
}

const folderOf = (path: string): string => path.split('/').slice(1, -1).join('/')

function placeOf(path: string): Place | undefined {
  const folder = folderOf(path)
  const wing = wings.find(({ folders }) => folders.includes(folder))
  return wing && { wing, folder, at: wing.folders.indexOf(folder) }
}

const describe = (each: Import, reason: string): string =>
  `${each.from}:${each.line} imports ${each.specifier}: ${reason}`

/** Required: an import would read all of the compiler twice before it runs. */
const ts = createRequire(import.meta.url)('typescript') as typeof TypeScript

/** Source texts by their path from the checkout, such as `src/kernel/clock.ts`. */
export type Sources = Readonly<Record<string, string>>

export interface Import {
  /** The importing file. */
  from: string
  /** As written, such as `./clock.js` or `node:http`. */
  specifier: string
  /** The imported file, when the specifier is relative; undefined also when there is no such file. */
  target: string | undefined
  /** Line in `from`, counted from 1. */
  line: number
}

/** All imports of all files, in the order of the text. */
export function readImports(sources: Sources): Import[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const imports = path.endsWith('.json') ? [] : ts.preProcessFile(text, true, true).importedFiles
    return imports.map(({ fileName, pos }) => ({
      from: path,
      specifier: fileName,
      target: resolve(path, fileName, sources),
      line: text.slice(0, pos).split('\n').length,
    }))
  })
}

/** The package that a specifier names, built-ins with their prefix: `@scope/name/deep` is `@scope/name`. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function resolve(from: string, specifier: string, sources: Sources): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = new URL(specifier, `file:///${from}`).pathname.slice(1)
  const candidates = [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx'), path, path.replace(/\.js$/, '.d.ts')]
  return candidates.find((candidate) => candidate in sources)
}
