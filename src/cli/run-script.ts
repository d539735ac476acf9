// Scripts that the build makes of modules, and what Node has compiled of them.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { crc32 } from 'node:zlib'
import { realSetTimeout } from '../kernel/real-time.js'

/** How long a script loads and uses its code before what is compiled by then is kept, in milliseconds. */
const WARM_MS = 1000
/** What stands before it: a sum of it. */
const SUM_BYTES = 4

/**
 * Runs a script that the build made of modules, and keeps what has been compiled of it in a file beside it, so that the next
 * start need not compile it again. Node 22 and newer do so for any module, but take longer.
 *
 * The name of a script holds a digest of its text, and the file's name the version of Node, so that neither can be of
 * something else. Where nothing may be written, or with NODE_DISABLE_COMPILE_CACHE=1 as in Node, it compiles each time.
 *
 * @param url where the script is, a `file:` URL; it is a function of what a module has and a script has not
 * @param load `import` of the module in whose place it stands
 * @returns what it exports
 */
export function runScript(url: URL, load: (name: string) => Promise<unknown>): unknown {
  const filename = fileURLToPath(url)
  const keeps = process.env['NODE_DISABLE_COMPILE_CACHE'] !== '1'
  const kept = `${filename}.${process.version}-${process.arch}`
  // The build sees to it that it is ASCII, which is read faster as such.
  const text = readFileSync(filename, 'latin1')
  const cachedData = keeps ? readKept(`${kept}.compiled`) : undefined
  const script = new Script(text, { filename, ...(cachedData && { cachedData }) })
  if (keeps && script.cachedDataRejected !== false) keepLater(script, kept)
  const run: unknown = script.runInThisContext()
  if (typeof run !== 'function') throw new Error(`${filename} is no script of the build's.`)
  return Reflect.apply(run, undefined, [createRequire(url), load, url.href])
}

/** What is kept, if it is whole: the engine would believe what it reads. */
function readKept(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file)
    const data = bytes.subarray(SUM_BYTES)
    return bytes.readUInt32LE() === crc32(data) ? data : undefined
  } catch {
    return undefined
  }
}

function keepLater(script: Script, name: string): void {
  const keep = () => {
    process.off('exit', keep)
    const draft = `${name}.${process.pid}.compiled`
    try {
      const data = script.createCachedData()
      const sum = Buffer.alloc(SUM_BYTES)
      sum.writeUInt32LE(crc32(data))
      writeFileSync(draft, Buffer.concat([sum, data]))
      renameSync(draft, `${name}.compiled`)
    } catch {
      // A start without it is slower, and right.
      rmSync(draft, { force: true })
    }
  }
  realSetTimeout(keep, WARM_MS).unref()
  process.once('exit', keep)
}
