// Puts what an entry point loads at its start into one script. esbuild cuts what several files share into chunks, and finding
// and linking fifty of them takes a fifth of the time until `serve` answers; src/cli/run-script.ts spares compiling them, for
// scripts alone.
import { isAscii } from 'node:buffer'
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { at } from './paths.mjs'

/**
 * The files of a bundle, in which a script holds all that the entry point imports, and the entry point runs that script. A
 * chunk that others import as well, or that is asked for later, stays under its name and hands on what is in the script now.
 *
 * @param {{ path: string, contents: Uint8Array }[]} files by their paths in dist
 * @param {Record<string, { imports: { path: string, kind: string, external?: boolean }[], exports: string[] }>} outputs
 *   what esbuild says of them
 * @param {string} entry path of the entry point in dist
 * @param {string[]} together names of chunks that are loaded on demand, but always are
 * @param {string} banner what each chunk opens with; a script needs none of them
 */
export async function joinChunks(files, outputs, entry, together, banner) {
  const { build } = await import('esbuild')
  const texts = new Map(files.map(({ path, contents }) => [path, Buffer.from(contents).toString().replace(banner, '')]))
  const importsOf = (path) =>
    outputs[`dist/${path}`].imports
      .filter(({ external }) => external !== true)
      .map((each) => ({ ...each, path: each.path.slice('dist/'.length) }))
  const chunkOf = (name) => {
    const found = [...texts.keys()].find((path) => posix.basename(path).startsWith(`${name}-`))
    if (found === undefined) throw new Error(`No chunk of ${entry} has the name ${name}.`)
    return found
  }
  const joined = new Set([entry, ...together.map(chunkOf)])
  for (const path of joined) {
    for (const { path: next, kind } of importsOf(path)) if (kind === 'import-statement') joined.add(next)
  }
  const asked = [...texts.keys()].flatMap((path) =>
    importsOf(path).flatMap(({ path: next, kind }) =>
      joined.has(next) && (kind === 'dynamic-import' || !joined.has(path))
        ? [{ path: next, isByOthers: !joined.has(path) }]
        : [],
    ),
  )
  const askedByOthers = new Set(asked.flatMap(({ path, isByOthers }) => (isByOthers ? [path] : [])))
  const doors = [...new Set(asked.map(({ path }) => path))].map((path, place) => {
    const names = outputs[`dist/${path}`].exports.map((name) => ({ name, inEntry: `${name}_${place}` }))
    const list = (words) => names.map(words).join(', ')
    const back = posix.relative(posix.dirname(path), entry)
    const itself = `./${posix.basename(entry)}`
    return {
      path,
      asked: `import(${JSON.stringify(`./${posix.relative(posix.dirname(entry), path)}`)})`,
      answer: `import(${JSON.stringify(itself)}).then((all) => ({ ${list(({ name, inEntry }) => `${name}: all.${inEntry}`)} }))`,
      contents: `export { ${list(({ name, inEntry }) => `${inEntry} as ${name}`)} } from ${JSON.stringify(back)};\n`,
      inEntry: `export { ${list(({ name, inEntry }) => `${name} as ${inEntry}`)} } from './${path}';\n`,
    }
  })
  const { outputFiles, metafile } = await build({
    ...{ bundle: true, format: 'esm', outfile: entry, write: false, metafile: true, ...target },
    stdin: { contents: [`export * from './${entry}';\n`, ...doors.map(({ inEntry }) => inEntry)].join('') },
    plugins: [{ name: 'chunks', setup: (made) => readChunks(made, texts, joined, entry) }],
  })
  const [{ text }] = outputFiles
  return [
    ...files.filter(({ path }) => !joined.has(path)),
    ...doors
      .filter(({ path }) => askedByOthers.has(path))
      .map(({ path, contents }) => ({ path, contents: Buffer.from(contents) })),
    ...(await asScript(entry, doors.reduce(asksItself, text), metafile.outputs[entry].exports)),
  ]
}

const target = { platform: 'node', target: 'node20', logLevel: 'warning' }

/** A module as a script, under a name that holds a digest of its text, and a module in its place that runs it. */
async function asScript(path, text, exports) {
  const { build, transform } = await import('esbuild')
  // A script finds no modules by itself; esbuild writes `import("x")` only where a file is asked for later.
  if (text.includes('$load')) throw new Error(`$load has a meaning already in ${path}.`)
  const asked = text.replaceAll('import("', '$load("')
  const { code } = await transform(asked, { format: 'cjs', define: { 'import.meta.url': 'moduleUrl' }, ...target })
  const contents = Buffer.from(`(function (require, $load, moduleUrl, module = {}) {${code}return module.exports\n})`)
  if (!isAscii(contents)) throw new Error(`${path} is read as ASCII, and is not.`)
  const digest = createHash('sha256').update(contents).digest('hex').slice(0, 8)
  const script = path.replace(/js$/, `${digest}.cjs`)
  const url = `new URL('./${posix.basename(script)}', import.meta.url)`
  const { outputFiles } = await build({
    ...{ bundle: true, format: 'esm', write: false, ...target },
    stdin: {
      contents: `import { runScript } from './src/cli/run-script.js'
        export const { ${exports.join(', ')} } = runScript(${url}, (name) => import(name))`,
      resolveDir: at(),
    },
  })
  return [
    { path: script, contents },
    { path, contents: outputFiles[0].contents },
  ]
}

/** What the entry point asks for later and holds itself it finds without a file. */
const asksItself = (text, { asked, answer }) => text.replaceAll(asked, answer)

/** Reads chunks from memory; those that are not joined, and what is not of the bundle, stay where they are. */
function readChunks(build, texts, joined, entry) {
  build.onResolve({ filter: /./ }, ({ path, importer, kind }) => {
    if (!path.startsWith('.')) return { path, external: true }
    const chunk = posix.join(importer === '<stdin>' ? '' : posix.dirname(importer), path)
    // One that is asked for later is asked for by its name, even if it is joined: esbuild would put off all of it.
    if (kind !== 'dynamic-import' && joined.has(chunk)) return { path: chunk, namespace: 'chunk' }
    return { path: `./${posix.relative(posix.dirname(entry), chunk)}`, external: true }
  })
  build.onLoad({ filter: /./, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) }))
}
