// Puts what an entry point loads at its start into one file. esbuild cuts what several files share into chunks, and finding
// and linking fifty of them takes a fifth of the time until `serve` answers.
import { posix } from 'node:path'

/**
 * The files of a bundle, of which the entry point holds all that it imports. A chunk that others import as well, or that is
 * asked for later, stays under its name and hands on what is in the entry point now.
 *
 * @param {{ path: string, contents: Uint8Array }[]} files by their paths in dist
 * @param {Record<string, { imports: { path: string, kind: string, external?: boolean }[], exports: string[] }>} outputs
 *   what esbuild says of them
 * @param {string} entry path of the entry point in dist
 * @param {string[]} together names of chunks that are loaded on demand, but always are
 */
export async function joinChunks(files, outputs, entry, together) {
  const { build } = await import('esbuild')
  const texts = new Map(files.map(({ path, contents }) => [path, Buffer.from(contents).toString()]))
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
  const { outputFiles } = await build({
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20', write: false, logLevel: 'warning' },
    stdin: { contents: [`export * from './${entry}';\n`, ...doors.map(({ inEntry }) => inEntry)].join('') },
    plugins: [{ name: 'chunks', setup: (made) => readChunks(made, texts, joined, entry) }],
  })
  const [{ text }] = outputFiles
  return [
    ...files.filter(({ path }) => !joined.has(path)),
    ...doors
      .filter(({ path }) => askedByOthers.has(path))
      .map(({ path, contents }) => ({ path, contents: Buffer.from(contents) })),
    { path: entry, contents: Buffer.from(doors.reduce(asksItself, text)) },
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
