/** The options `--reporter` and `--out` of verify, watch and conduct, and where they lead to. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pc from 'picocolors'
import type { Command } from 'commander'
import { KitError } from '../kernel/errors.js'
import { reporterNames, type ReporterName, type ReporterOutput } from '../report/write-report.js'
import { collectNamed } from './option-values.js'

export interface ReportFlags {
  readonly reporter?: readonly ReporterName[]
  readonly out?: string
  /** The same as the reporter json, where a command has it. */
  readonly json?: true
}

/** Adds the options; `of` says what else goes into the folder. */
export function addReportOptions(command: Command, of: string): Command {
  return command
    .option(
      '--reporter <name>',
      `${reporterNames.join(', ')}; repeatable (default: pretty)`,
      collectNamed('reporters', reporterNames),
    )
    .option('--out <dir>', `folder for the files of json, junit, ctrf and html${of}`)
}

/**
 * The reporters, and where they write. The folder is made before anything is run: a run whose report cannot be kept is
 * wasted.
 * @throws KitError `<command>/out` for a folder that cannot be made, and for reporters that cannot share the terminal
 */
export function openReports(
  { reporter = [], out, json }: ReportFlags,
  command: string,
): { names: readonly ReporterName[]; output: ReporterOutput } {
  const given = [...new Set([...reporter, ...(json === true ? (['json'] as const) : [])])]
  const isDocument = (name: ReporterName): boolean => name !== 'pretty' && name !== 'github'
  if (out === undefined && given.length > 1 && given.some(isDocument)) {
    const [failed, fix] = ['Several reporters cannot share the terminal.', 'Give --out DIR for the files.']
    throw new KitError(`${command}/out`, { failed, value: given.join(', '), fix })
  }
  if (out !== undefined) makeFolder(out, `${command}/out`)
  return { names: given.length === 0 ? ['pretty'] : given, output: outputOf(out) }
}

/** Where reporters write: the terminal, files in a folder when one is given, and the summary page of a CI job. */
function outputOf(folder: string | undefined): ReporterOutput {
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

function makeFolder(folder: string, code: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (problem) {
    const [reason] = String(problem instanceof Error ? problem.message : problem).split('\n')
    const [failed, fix] = ['The folder for the reports cannot be made.', 'Give --out another folder.']
    throw new KitError(code, { failed, value: `${folder}: ${reason}`, fix }, { cause: problem })
  }
}
