/** Where `--reporter` and `--out` lead to. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pc from 'picocolors'
import type { ReporterOutput } from '../../contracts/report/reporter.js'
import { KitError } from '../../kernel/errors.js'

/** Where reporters write: the terminal, files in a folder when one is given, and the summary page of a CI job. */
export function outputOf(folder: string | undefined): ReporterOutput {
  const summary = process.env['GITHUB_STEP_SUMMARY']
  return {
    write: (text) => void process.stdout.write(text),
    isInteractive: process.stdout.isTTY && process.env['CI'] === undefined,
    columns: process.stdout.isTTY ? process.stdout.columns : 80,
    hasColor: pc.isColorSupported,
    folder,
    save(name, content) {
      if (folder === undefined) {
        process.stdout.write(content)
        return
      }
      writeFileSync(join(folder, name), content)
    },
    appendSummary:
      summary === undefined || summary === '' ? undefined : (markdown) => appendFileSync(summary, markdown),
  }
}

/** @throws KitError of this code for several reporters of which one writes a document, where no folder takes it */
export function expectSharing(names: readonly string[], folder: string | undefined, code: string): void {
  const isDocument = (name: string): boolean => name !== 'pretty' && name !== 'github'
  if (folder !== undefined || names.length < 2 || !names.some(isDocument)) return
  const [failed, fix] = ['Several reporters cannot share the terminal.', 'Give --out DIR for the files.']
  throw new KitError(code, { failed, value: names.join(', '), fix })
}

/**
 * Makes the folder of `--out`, before anything is run: a run whose report cannot be kept is wasted.
 * @throws KitError of this code
 */
export function makeFolder(folder: string, code: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (problem) {
    const [reason] = String(problem instanceof Error ? problem.message : problem).split('\n')
    const [failed, fix] = ['The folder for the reports cannot be made.', 'Give --out another folder.']
    throw new KitError(code, { failed, value: `${folder}: ${reason}`, fix }, { cause: problem })
  }
}
