/**
 * The command `scenario`: writes a recording's last state as a scenario file, for `serve --scenario`. How the one becomes
 * the other is src/mocks/scenarios/recorded's; the files and what stands at the head of the new one are here.
 */
import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { ScenarioCommandLine } from '../generated/kit-command.js'
import type { ScenarioCommandLine as ScenarioFlags } from '../generated/kit-schema.js'
import { codeOf, KitError } from '../kernel/errors.js'
import { printable } from '../kernel/printable.js'
import type { Recording } from '../kernel/recording/recorder.js'
import { version } from '../kernel/version.js'
import { scenarioFrom, type RecordedScenario } from '../mocks/scenarios/recorded/scenario-from.js'
import { defineCommand } from './define-command.js'
import { readRecordingFile } from './files/recording-file.js'

export const addScenarioCommand = defineCommand(ScenarioCommandLine, run)

/** What cannot be read or written is a KitError. */
async function run(flags: ScenarioFlags, [name = '']: readonly string[]): Promise<void> {
  const recording = await readRecordingFile(name)
  const { out, ...options } = flags
  const made = await scenarioFrom(recording, options)
  const { toYamlText } = await import('./files/yaml-text.js')
  await write(name, out, `${headOf(name, recording, made, flags)}${toYamlText(made.scenario)}`)
  process.stdout.write(`${printable(out)}: ${summarize(made)}\n`)
}

async function write(recording: string, out: string, text: string): Promise<void> {
  const refuse = (failed: string, value: string, cause?: unknown): never => {
    const fix = 'Give --out another file, in a folder that is there.'
    throw new KitError('scenario/out', { failed, value, fix }, { cause })
  }
  if (resolve(recording) === resolve(out)) refuse('The scenario would take the place of its recording.', out)
  await writeFile(out, text).catch((error: unknown) =>
    refuse(`The scenario ${out} cannot be written.`, codeOf(error) ?? String(error), error),
  )
}

const NS_PER_S = 1e9

/** Comments: which recording it was made of, and where it differs. */
function headOf(
  name: string,
  { header, exchanges }: Recording,
  { notes }: RecordedScenario,
  { verbatim, at }: ScenarioFlags,
): string {
  const begin = exchanges[0]?.at_start_ns ?? 0
  const end = exchanges.reduce((latest, { at_end_ns }) => Math.max(latest, at_end_ns), begin)
  const seconds = (end - begin) / NS_PER_S
  const zero = header.wall_clock_ms_at_zero
  const when = zero === undefined ? '' : ` from ${new Date(zero + begin / 1e6).toISOString()} on`
  const moment = at === undefined ? 'The last state' : `The state after ${at} s`
  const lines = [
    `${moment} of ${basename(name)}: ${exchanges.length} exchanges in ${seconds.toFixed(1)} s${when}.`,
    verbatim === true
      ? 'Names and texts are as they were recorded: treat it as the data that it holds.'
      : 'Words of the fixtures stand in the place of names and texts. Ids, times and numbers are as they were.',
    'Runners that were connected keep their heartbeat and take no work.',
    'What the recording does not show is not in it.',
    ...notes.map((note) => `Not as it was: ${note}`),
    `Made by opik-runner-kit ${version}; open it with: opik-runner-kit serve --scenario FILE --open`,
  ]
  return `${lines.map((line) => `# ${printable(line)}\n`).join('')}\n`
}

function summarize({
  scenario: { projects = [], runners = [], sessions = [], traces = [] },
}: RecordedScenario): string {
  const counts = {
    ...{ projects: projects.length, runners: runners.length },
    jobs: runners.flatMap(({ jobs = [] }) => jobs).length,
    commands: runners.flatMap(({ commands = [] }) => commands).length,
    ...{ sessions: sessions.length, traces: traces.length },
  }
  const told = Object.entries(counts).filter(([, count]) => count > 0)
  return told.length === 0 ? 'nothing was there' : told.map(([what, count]) => `${what} ${count}`).join(', ')
}
