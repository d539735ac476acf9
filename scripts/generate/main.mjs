// @ts-check
// The command behind `npm run generate`: options, messages and exit codes (0 done or current, 1 stale, 2 a spec or a
// call that cannot be used). Everything else is in the files beside it.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { renderFiles } from './generate.mjs'
import { DOCUMENTS } from './join-documents.mjs'
import { renderKit } from './kit/render-kit.mjs'
import { loadSpec } from './load-spec.mjs'
import { SpecError, describeProblems } from './spec-error.mjs'
import { finish } from './write-files.mjs'

const USAGE = `Usage: npm run generate -- [--check] [--spec FILE]... [--out DIR]
  --check   write nothing; exit 1 when a generated file is stale
  --spec    an OpenAPI file; several are joined in their order (default ${DOCUMENTS.join(' and ')})
  --out     the folder to write src/generated and docs into (default: the project)`

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

process.exitCode = await main(process.argv.slice(2))

/**
 * @param {string[]} args
 * @returns {Promise<number>} The exit code.
 */
async function main(args) {
  const options = readOptions(args)
  if (typeof options === 'string') return refuse(options)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const shown = options.spec ?? DOCUMENTS
  const paths = shown.map((file) => (options.spec === undefined ? resolve(ROOT, file) : resolve(file)))
  const out = options.out === undefined ? ROOT : resolve(options.out)
  /** @type {import('./load-spec.mjs').Spec | null} */
  let spec = null
  try {
    spec = loadSpec(paths, shown)
    const files = new Map([...(await renderFiles(spec)), ...(await renderKit(spec, paths[0], out))])
    return finish(files, { root: out, check: options.check === true })
  } catch (error) {
    if (error instanceof SpecError)
      return refuse(describeProblems(error, spec ?? { file: shown.join(' and '), whereIs: () => null }))
    if (isFileError(error)) return refuse(`${error.message}. Fix: name a readable spec and a writable folder.`)
    throw error
  }
}

/** @param {string[]} args */
function readOptions(args) {
  const options = /** @type {const} */ ({
    check: { type: 'boolean' },
    spec: { type: 'string', multiple: true },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`
  }
}

/** @param {string} message */
function refuse(message) {
  console.error(message)
  return 2
}

/**
 * @param {unknown} error
 * @returns {error is Error}
 */
function isFileError(error) {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
