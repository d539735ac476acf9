// Where the package keeps its files. A module of its own, which a server loads when it is needed: what has been translated
// to CommonJS, as Jest does it, cannot say where it is, and everything else works there all the same.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a file of the package is, in the nearest folder above this one that has it: of sources and of any bundle. */
export function packageFile(name: string): string {
  let above = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(above, name)) && above !== dirname(above)) above = dirname(above)
  return join(above, name)
}
