/** Runs that have failed, written down for `--replay`. */
import { mkdtempSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KitError } from '../../kernel/errors.js'

/**
 * Writes a run as `COMMAND-run.json` into a folder, which is made; without one into a temporary one.
 * @returns the path of the file
 * @throws KitError `COMMAND/out` for a folder that cannot be written to
 */
export async function writeRun(command: string, run: object, out: string | undefined): Promise<string> {
  const folder = out ?? mkdtempSync(join(tmpdir(), 'opik-runner-kit-'))
  const name = join(folder, `${command}-run.json`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(name, `${JSON.stringify(run)}\n`)
  } catch (error) {
    const parts = { failed: 'The run cannot be written.', value: name, fix: 'Give --out another folder.' }
    throw new KitError(`${command}/out`, parts, { cause: error })
  }
  return name
}
