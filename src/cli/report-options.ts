/**
 * What verify, watch, conduct and explore share: `--reporter` and `--out`, and where they lead to; runs that have failed;
 * `--waivers` and `--baseline`, read as the suites want them.
 */
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import type { JsonFlag, ReportFlags } from '../generated/kit-schema.js'
import { KitError, messageOf } from '../kernel/errors.js'
import { renderGroups } from '../report/text-report.js'
import { writeReport, type FinishedReport, type ReporterName, type ReporterOutput } from '../report/write-report.js'
import { parseBaseline } from '../contracts/run/verify.js'
import { parseWaivers, type Waiver } from '../contracts/check/check.js'
import { BaselineFile, WaiversFile } from '../generated/kit-node.js'
import { readForm } from './files/input-file.js'

type OpenReports = ReturnType<typeof openReports>

/** Writes a report for each reporter; its files are called after the command. */
export function writeReports(
  { names, output }: OpenReports,
  command: string,
  report: Omit<FinishedReport, 'file' | 'prefix' | 'pretty'>,
): void {
  const pretty: FinishedReport['pretty'] = (paint) => renderGroups(report.document, paint)
  for (const name of names) writeReport(name, { ...report, pretty, file: command, prefix: `${command}-` }, output)
}

/**
 * Writes a run as `COMMAND-run.json` for `--replay`, into a folder; without one into a temporary one.
 * @returns the path of the file
 * @throws KitError `COMMAND/out` for a folder that cannot be written to
 */
export function writeRun(command: string, run: object, out: string | undefined): string {
  const folder = out ?? mkdtempSync(join(tmpdir(), 'opik-runner-kit-'))
  const name = join(folder, `${command}-run.json`)
  refusing(command, `The run ${name} cannot be written.`, () => writeFileSync(name, `${JSON.stringify(run)}\n`))
  return name
}

/** @throws KitError `COMMAND/out` for what cannot be written */
function refusing(command: string, failed: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    const [value] = messageOf(cause).split('\n')
    throw new KitError(`${command}/out`, { failed, value: value ?? '', fix: 'Give --out another folder.' }, { cause })
  }
}

/**
 * The reporters, and where they write. The folder is made before anything is run: a run whose report cannot be kept is
 * wasted.
 * @throws KitError `<command>/out` for a folder that cannot be made, and for reporters that cannot share the terminal
 */
export function openReports({ reporter = [], out, json }: ReportFlags & Partial<JsonFlag>, command: string) {
  const given = [...new Set([...reporter, ...(json === true ? (['json'] as const) : [])])]
  const isDocument = (name: ReporterName): boolean => name !== 'pretty' && name !== 'github'
  if (out === undefined && given.length > 1 && given.some(isDocument)) {
    const [failed, fix] = ['Several reporters cannot share the terminal.', 'Give --out DIR for the files.']
    throw new KitError(`${command}/out`, { failed, value: given.join(', '), fix })
  }
  if (out !== undefined)
    refusing(command, `The folder ${out} cannot be made.`, () => mkdirSync(out, { recursive: true }))
  const names: readonly ReporterName[] = given.length === 0 ? ['pretty'] : given
  return { names, output: outputOf(out) }
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
    appendSummary: summary === undefined || summary === '' ? undefined : (markup) => appendFileSync(summary, markup),
  }
}

/** None without a file. */
export async function readWaivers(name: string | undefined): Promise<Waiver[]> {
  return name === undefined ? [] : parseWaivers(await readForm<unknown>(name, 'waivers', WaiversFile))
}

export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  return parseBaseline(await readForm<unknown>(name, 'baseline', BaselineFile))
}
