/**
 * `opik-runner-kit conduct`: lets a client work against a mock, and judges how it has kept the contract. Options, files,
 * signals and exit codes are here.
 */
import { ConductCommand } from '../generated/kit-command.js'
import { realTime } from '../kernel/clock.js'
import { printableLines } from '../kernel/printable.js'
import { KitError } from '../kernel/errors.js'
import type { ConductCommand as ConductFlags, ConductRunFile } from '../generated/kit-schema.js'
import { composeReport, conductDocument } from './conduct/conduct-document.js'
import { runConduct } from './conduct/conduct-run.js'
import { SLEEPY } from './conduct/preset-demands.js'
import { openReports, writeReports, writeRun } from './report-options.js'
import { readWaivers } from './files/verify-files.js'
import { openRecorder } from './files/record-traffic.js'
import { ConductRunFile as form } from '../generated/kit-node.js'
import { readForm } from './files/input-file.js'
import { underSignals } from './under-signals.js'
import { defineCommand } from './define-command.js'

/** The exit code is as the description says; 130 or 143 after a signal. */
export const addConductCommand = defineCommand(ConductCommand, conduct)

async function conduct(flags: ConductFlags, command: readonly string[]): Promise<number> {
  // Whatever can be wrong with files is found before the client is started.
  const waivers = flags.waivers === undefined ? [] : await readWaivers(flags.waivers)
  const reports = openReports(flags, 'conduct')
  const today = new Date(realTime()).toISOString().slice(0, 10)
  const kept =
    flags.replay === undefined ? undefined : await readForm<ConductRunFile>(flags.replay, 'conduct run', form)
  const { result: run, code } = kept === undefined ? await runClient(command, flags) : { result: kept, code: undefined }
  const outcomes = composeReport(run, waivers, today)
  writeReports(reports, 'conduct', { document: conductDocument(outcomes), json: outcomes.report })
  if (!outcomes.passed && kept === undefined) {
    const name = writeRun('conduct', run, flags.out)
    process.stderr.write(`shown again by: opik-runner-kit conduct --replay ${name}\n`)
  }
  return code ?? (outcomes.passed ? 0 : 1)
}

function runClient(command: readonly string[], flags: ConductFlags) {
  const presets = [...new Set([...(flags.preset ?? []), ...(flags.faults ?? [])])]
  if (process.platform === 'win32' && presets.includes(SLEEPY)) {
    const failed = 'Processes are stopped by signals, which Windows has not.'
    throw new KitError('conduct/preset', { failed, value: SLEEPY, fix: 'Give another --preset.' })
  }
  const recorder = openRecorder(flags, (trouble) => void process.stderr.write(printableLines(`${trouble}\n`)))
  return underSignals((signal) => runConduct({ ...flags, command, seconds: flags.for, presets, signal, recorder }))
}
