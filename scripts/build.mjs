// Makes dist: bundled ESM entry points with shared chunks, the command, type declarations, and the spec as JSON.
// The entry points are those that package.json names under `exports` and `bin`: dist/a/b.js is built from src/a/b.ts.
// Each part is skipped while its inputs stand unchanged; files are replaced whole, so that a running command never meets half a file.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { performance } from 'node:perf_hooks'
import { joinChunks } from './join-chunks.mjs'
import { filesUnder, fingerprint, readStamp, writeStamp } from './fingerprint.mjs'
import { at, binOf, manifest, readJson } from './paths.mjs'

/** Names of the packages whose code is inside what is published. */
const insideFile = at('.cache', 'inside.json')

const parts = {
  bundle: {
    inputs: [
      'src',
      'openapi',
      'package.json',
      'package-lock.json',
      'scripts/serving/package.json',
      'scripts/build.mjs',
      'scripts/join-chunks.mjs',
      'scripts/generate/join-documents.mjs',
    ],
    owns: (file) => !file.endsWith('.d.ts') && file !== 'sbom.json',
    make: async () => {
      const made = [await library(), await command(), await consolePage()]
      writeStamp(insideFile, [...new Set(made.flatMap(({ inside }) => inside))].sort())
      return [...made.flatMap(({ files }) => files), ...(await specFiles())]
    },
  },
  sbom: {
    inputs: ['package.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/sbom.mjs', '.cache/inside.json'],
    owns: (file) => file === 'sbom.json',
    make: async () => {
      const { billOfMaterials } = await import('./sbom.mjs')
      return [{ path: 'sbom.json', contents: Buffer.from(billOfMaterials(readStamp(insideFile))) }]
    },
  },
  types: {
    inputs: ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'],
    owns: (file) => file.endsWith('.d.ts'),
    make: () => declarations(),
  },
}

/**
 * Brings the named parts of dist up to date.
 *
 * @param {{ only?: (keyof typeof parts)[], force?: boolean, quiet?: boolean }} [options] `only`: which parts, by default
 *   all; `force`: also when nothing changed; `quiet`: say nothing when there was nothing to do
 */
export async function build({ only = Object.keys(parts), force = false, quiet = false } = {}) {
  for (const name of only) {
    const started = performance.now()
    const stampFile = at('.cache', `build-${name}.json`)
    const inputs = fingerprint(parts[name].inputs)
    if (!force && isUpToDate(readStamp(stampFile), inputs)) {
      if (!quiet) console.log(`dist: ${name} up to date`)
      continue
    }
    const files = await parts[name].make()
    const written = replaceFiles(files, parts[name].owns)
    writeStamp(stampFile, { inputs, files: files.map((file) => file.path) })
    const took = Math.round(performance.now() - started)
    console.log(`dist: ${name}, ${files.length} files (${written} changed), ${took} ms`)
  }
}

function isUpToDate(stamp, inputs) {
  return stamp?.inputs === inputs && stamp.files.every((file) => existsSync(at('dist', file)))
}

/** The scripts that the manifest promises under `exports` or `bin`, each by its place in dist without the ending. */
export function entryPoints(targets) {
  return Object.values(targets)
    .map((target) => (typeof target === 'string' ? target : target.default).replace(/^\.\//, ''))
    .filter((target) => target.startsWith('dist/') && target.endsWith('.js'))
    .map((target) => target.slice('dist/'.length, -'.js'.length))
}

/**
 * Packages of which the library holds the part that it needs. Imported as a whole, faker loads the words of seventy
 * languages, ten times what the fixtures use, and the twenty files of uuid take as long to find as the mock to load.
 * Their licences go along, as those of whatever they bring.
 */
const insideLibrary = ['@faker-js/faker', '@noble/hashes', 'undici', 'uuid']

/**
 * Of undici its client alone: all of it changes the global fetch, and most of it (caches, web sockets) is never used. It asks
 * for built-ins by `require`, which modules have not.
 */
const undiciClient = {
  name: 'undici-client',
  setup(build) {
    const parts = { Client: 'dispatcher/client', buildConnector: 'core/connect', errors: 'core/errors' }
    const lines = Object.entries(parts).map(
      ([name, file]) => `export { default as ${name} } from 'undici/lib/${file}.js'`,
    )
    build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'parts' }))
    build.onLoad({ filter: /./, namespace: 'parts' }, () => ({ contents: lines.join('\n'), resolveDir: at() }))
    build.onLoad({ filter: /node_modules[\\/]undici[\\/].*\.js$/ }, async ({ path }) => {
      const code = readFileSync(path, 'utf8').replaceAll(
        /\brequire\(('node:[\w/]+')\)/g,
        'process.getBuiltinModule($1)',
      )
      // Its comments name files that are not there.
      return { contents: (await build.esbuild.transform(code, { minify: true })).code }
    })
  },
}

/** What importers get: runs wherever its imports do, and leaves other packages to the importer's own installation. */
async function library() {
  return bundle('chunks', entryPoints(manifest.exports), {
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'neutral',
    external: ['node:*', ...packagesBut(insideLibrary)],
    plugins: [undiciClient],
  })
}

/**
 * Packages that come inside the command, because finding and loading their files takes a third of the time that
 * `serve` needs to be ready. Their licences go along.
 */
const insideCommand = ['@faker-js/faker', '@noble/hashes', 'commander', 'picocolors', 'undici', 'uuid', 'yaml']

async function command() {
  const options = {
    chunkNames: 'cli/[name]-[hash]',
    platform: 'node',
    // Packages in the older module format ask for built-ins by `require`.
    banner: {
      js: `import { createRequire as requireFor } from 'node:module';\nconst require = requireFor(import.meta.url);`,
    },
  }
  // What `serve` shares with other commands would be cut into many more files, each of which takes time to find.
  const endpoint = 'run-mcp'
  const external = packagesBut(insideCommand)
  const serve = await bundle('cli', ['cli/serve'], {
    ...options,
    external: [...external, `./${endpoint}.js`],
    plugins: [undiciClient],
    chunkNames: 'cli/serve/[name]-[hash]',
    together: [
      'play-scenario',
      'demo',
      'simulated-runners',
      'node-package-file',
      'neighbour-resolvers',
      'response-validators',
    ],
  })
  const others = await bundle('cli', [...entryPoints(manifest.bin), `cli/${endpoint}`], {
    ...options,
    external: [...external, './serve.js'],
    plugins: [undiciClient],
  })
  const inside = [...new Set([...serve.inside, ...others.inside])].sort()
  const code = [...others.files, ...serve.files].filter(({ path }) => /\.c?js$/.test(path))
  const files = new Map(code.map((file) => [file.path, file]))
  return { files: [...files.values(), licences('cli/LICENSES.txt', inside)], inside }
}

/** The web console and the pairing page: a script and a style each, with everything inside, and the page that loads them. */
async function consolePage() {
  const { build: esbuild } = await import('esbuild')
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: at(),
    metafile: true,
    entryPoints: [
      { in: './src/console/start-console.tsx', out: 'console/console' },
      { in: './src/console/style/console.css', out: 'console/console' },
      { in: './src/console/start-pairing.tsx', out: 'console/pair' },
      { in: './src/console/style/pair.css', out: 'console/pair' },
    ],
    outdir: 'dist',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  })
  const files = outputFiles.map((file) => ({ path: inDist(file.path), contents: file.contents }))
  const copies = ['index.html', 'pair.html', 'icon.svg'].map((name) => ({
    path: `console/${name}`,
    contents: readFileSync(at('src', 'console', name)),
  }))
  const inside = packagesIn(metafile)
  return { files: [...files, ...copies, licences('console/LICENSES.txt', inside)], inside }
}

/** Names of the packages of which a bundle holds code. */
function packagesIn({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const names = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
    return name === undefined || bytesInOutput === 0 ? [] : [name]
  })
  return [...new Set(names)].sort()
}

function packagesBut(names) {
  const { dependencies, devDependencies, peerDependencies } = manifest
  const serving = readJson(at('scripts', 'serving', 'package.json')).devDependencies
  const known = Object.keys({ ...dependencies, ...devDependencies, ...serving, ...peerDependencies })
  return known.filter((name) => !names.includes(name))
}

const licences = (path, names) => ({ path, contents: Buffer.from(names.map(licenseOf).join('\n\n')) })

function licenseOf(name) {
  const file = readdirSync(at('node_modules', name)).find((entry) => /^licen[cs]e/i.test(entry))
  return `${name}\n\n${readFileSync(at('node_modules', name, file), 'utf8').trim()}\n`
}

async function bundle(folder, names, { together, ...options }) {
  const { build: esbuild } = await import('esbuild')
  const entryPoints = names.map((name) => (typeof name === 'string' ? { in: `./src/${name}.ts`, out: name } : name))
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: at(),
    metafile: true,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022', 'node20'],
    define: { KIT_VERSION: JSON.stringify(manifest.version) },
    write: false,
    logLevel: 'warning',
    ...options,
  })
  const used = reachedFrom(
    entryPoints.map(({ out }) => `dist/${out}.js`),
    metafile.outputs,
  )
  const files = outputFiles
    .map((file) => ({ path: inDist(file.path), contents: file.contents }))
    .filter(({ path }) => used.has(`dist/${path}`))
  const inside = packagesIn(metafile)
  const entry = `${names[0]}.js`
  const made =
    together === undefined ? files : await joinChunks(files, metafile.outputs, entry, together, options.banner.js)
  return { files: [...made, licences(`${folder}/LICENSES.txt`, inside)], inside }
}

/** A file that is loaded on demand is written even where what would ask for it is left out. */
function reachedFrom(entries, outputs) {
  const reached = new Set(entries)
  for (const path of reached) for (const { path: next } of outputs[path]?.imports ?? []) reached.add(next)
  return reached
}

const inDist = (path) => relative(at('dist'), path).split(sep).join('/')

/** The documents of openapi/ as the one that users get. */
async function specFiles() {
  const { joinedSpec } = await import('./generate/join-documents.mjs')
  const spec = joinedSpec()
  return [
    { path: 'openapi.yaml', contents: Buffer.from(spec.toYaml()) },
    { path: 'openapi.json', contents: Buffer.from(`${JSON.stringify(spec.document)}\n`) },
  ]
}

/** Only what the entry points lead to is declared; a tsc project that starts from them finds just that. */
async function declarations() {
  const outDir = at('.cache', `declarations-${process.pid}`)
  const project = at('.cache', `tsconfig-${process.pid}.json`)
  const files = entryPoints(manifest.exports).map((name) => `../src/${name}.ts`)
  writeStamp(project, { extends: '../tsconfig.build.json', files, include: [], compilerOptions: { outDir } })
  try {
    // Types are checked by `npm run typecheck`, which sees more.
    const args = [binOf('typescript-7', 'tsc'), '-p', project, '--noCheck']
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) throw new BuildError('tsc found errors; no declarations written.')
    // tsc copies no hand-shaped declaration that stands beside a generated .js file.
    const besideScripts = filesUnder('src').filter((file) => file.endsWith('.d.ts'))
    const all = [
      ...besideScripts.map((file) => ({
        path: relative('src', file).split(sep).join('/'),
        contents: readFileSync(at(file)),
      })),
      ...readTree(outDir),
    ]
    return reachable(await describeFixtures(all))
  } finally {
    rmSync(outDir, { recursive: true, force: true })
    rmSync(project, { force: true })
  }
}

/** Editors show what builders and their variants are: tsc writes no docstrings into the types that it infers. */
async function describeFixtures(files) {
  const { loadSources } = await import('./fixtures/load-sources.mjs')
  const { fixtureKinds, fixtures } = await loadSources()
  const about = new Map(fixtureKinds(fixtures).map((kind) => [kind.name, kind.about]))
  const member = /^( {4}| {8})(\w+): (?=(?:import\("\.\/base\/fixture-types\.js"\)\.)?(?:Builder|Trait)<)/gm
  return files.map(({ path, contents }) => {
    if (path !== 'fixtures/create-fixtures.d.ts') return { path, contents }
    let builder = ''
    const text = contents.toString().replaceAll(member, (line, indent, name) => {
      if (indent.length === 4) builder = name
      const words = about.get(name === builder ? name : `${builder}.${name}`)
      if (words === undefined) throw new BuildError(`No fixture says what ${name} in ${path} is.`)
      return `${indent}/** ${words} */\n${line}`
    })
    return { path, contents: Buffer.from(text) }
  })
}

/** tsc declares what the code leads to; importers see what the declarations of the entry points lead to. */
function reachable(files) {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const found = new Set()
  const visit = (path) => {
    const file = byPath.get(path)
    if (file === undefined || found.has(file)) return
    found.add(file)
    for (const [, specifier] of file.contents.toString().matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)\.js["']/g)) {
      visit(posix.join(dirname(path), `${specifier}.d.ts`))
    }
  }
  for (const name of entryPoints(manifest.exports)) visit(`${name}.d.ts`)
  return [...found]
}

function readTree(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(folder, path).split(sep).join('/'), contents: readFileSync(path) }))
}

/** Writes what changed, then removes the part's files that no longer belong to it; entry points come after their chunks. */
function replaceFiles(files, owns) {
  const entries = new Set([manifest.exports, manifest.bin].flatMap(entryPoints).map((name) => `${name}.js`))
  const entriesLast = files.toSorted((a, b) => Number(entries.has(a.path)) - Number(entries.has(b.path)))
  const written = entriesLast.filter(replaceFile).length
  const kept = new Set(files.map((file) => file.path))
  for (const file of filesUnder('dist').map((path) => inDist(at(path)))) {
    if (owns(file) && !kept.has(file)) rmSync(at('dist', file))
  }
  return written
}

function replaceFile({ path, contents }) {
  const target = at('dist', path)
  const isCommand = Object.values(manifest.bin).includes(`dist/${path}`)
  if (isCommand && !Buffer.from(contents).toString('latin1').startsWith('#!')) {
    throw new BuildError(`dist/${path} is a command: its source must open with #!/usr/bin/env node.`)
  }
  const isSame = existsSync(target) && readFileSync(target).equals(contents)
  if (!isSame) {
    mkdirSync(dirname(target), { recursive: true })
    const draft = `${target}.${process.pid}`
    writeFileSync(draft, contents)
    renameSync(draft, target)
  }
  if (isCommand) chmodSync(target, 0o755)
  return !isSame
}

/** A build that cannot go on for a reason that its message already tells in full. */
export class BuildError extends Error {}
