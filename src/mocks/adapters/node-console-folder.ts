// Where the package keeps the built console. A module of its own, loaded when it is needed: what has been translated to
// CommonJS, as Jest does it, cannot say where it is, and everything else works there all the same.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The nearest `dist/console` above this file: the same for sources and for any bundle. */
export function findConsole(): string | undefined {
  let above = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const folder = join(above, 'dist', 'console')
    if (existsSync(join(folder, 'index.html'))) return folder
    const parent = dirname(above)
    if (parent === above) return undefined
    above = parent
  }
}
