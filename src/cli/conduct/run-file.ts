/** A run of conduct as a file: what `--replay` reads, written when a run has failed. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConductRunFile as form } from '../../generated/kit-node.js'
import type { ConductRunFile } from '../../generated/kit-schema.js'
import { KitError } from '../../kernel/errors.js'
import { problemsOf } from '../../kernel/form.js'
import { fileError, readInputFile } from '../files/input-file.js'

/** @throws KitError for a file that is no run */
export async function readRun(name: string): Promise<ConductRunFile> {
  const file = await readInputFile(name, 'conduct run')
  const { value } = file
  if (isRun(value)) return value
  const [problem = { path: [], value, expected: 'a run that conduct has written' }] = problemsOf(form, value)
  throw await fileError(file, 'conduct run', problem)
}

function isRun(value: unknown): value is ConductRunFile {
  return problemsOf(form, value).length === 0
}

/**
 * Writes a run into a folder, which is made. Returns the name of the file.
 * @throws KitError `conduct/out` when it cannot be written
 */
export async function writeRun(run: ConductRunFile, folder: string): Promise<string> {
  const name = join(folder, 'conduct-run.json')
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(name, `${JSON.stringify(run)}\n`)
  } catch (error) {
    throw new KitError(
      'conduct/out',
      { failed: 'The run cannot be written.', value: name, fix: 'Give --out another folder.' },
      { cause: error },
    )
  }
  return name
}
