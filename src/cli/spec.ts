// The command `spec`: prints the packaged spec, or compares it with another OpenAPI document.
// What is compared and how it reads is src/spec's; here are files, options, output and exit codes.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Command } from 'commander'
import pc from 'picocolors'
import { SpecCommand } from '../generated/kit-command.js'
import type { SpecCommand as SpecFlags } from '../generated/kit-schema.js'
import { KitError } from '../kernel/errors.js'
import { printableLines } from '../kernel/printable.js'
import { toArazzo } from '../spec/arazzo.js'
import { compareSpecs, type SpecComparison } from '../spec/compare-specs.js'
import { fittingVersion } from '../spec/fitting-version.js'
import { parseSpec, SpecFileError, type SpecDocument } from '../spec/parse-spec.js'
import { renderComparison } from '../spec/render-comparison.js'
import { version } from '../kernel/version.js'
import { readSpecFile } from './files/spec-file.js'
import { packageFile } from './mcp/package-pages.js'
import { toYamlText } from './files/yaml-text.js'
import { defineCommand } from './define-command.js'

const printed = { yaml: 'dist/openapi.yaml', json: 'dist/openapi.json' } as const

/** Exit codes of `spec`: 1 says that the comparison found something breaking, 2 that nothing could be compared. */
const exitCodes = { breaking: 1, unusable: 2 } as const

export const addSpecCommand = defineCommand(SpecCommand, run)

/** A file that cannot be compared is a KitError `spec/file`, which the command line ends with 2. */
function run(flags: SpecFlags, _args: unknown, command: Command): void {
  const write = (text: string) => command.configureOutput().writeOut?.(text)
  const misuse = (message: string) => command.error(`error: ${message}`, { exitCode: exitCodes.unusable })
  if (flags.compare !== undefined)
    writeComparison(compareWith(flags.compare, flags.only ?? []), flags.json === true, write)
  else if (flags.only !== undefined) misuse('--only needs --compare FILE')
  else if (flags.json === true) misuse('--json needs --compare; to print as JSON use --format json')
  else write(flags.arazzo === true ? printedArazzo(flags.format) : printedSpec(flags.format))
}

function printedSpec(format: SpecFlags['format']): string {
  const text = readFileSync(packageFile(printed[format]), 'utf8')
  return format === 'yaml' ? text : `${JSON.stringify(JSON.parse(text), null, 2)}\n`
}

/** Its documents are found from the folder in which the command runs. */
function printedArazzo(format: SpecFlags['format']): string {
  const urlOf = (file: string): string => relative(process.cwd(), packageFile(file)).replaceAll('\\', '/')
  const document = toArazzo({ api: urlOf(printed.yaml), admin: urlOf('openapi/kit.yaml') }, version)
  return format === 'yaml' ? toYamlText(document) : `${JSON.stringify(document, null, 2)}\n`
}

function writeComparison(comparison: FittedComparison, asJson: boolean, write: (text: string) => void): void {
  write(
    asJson
      ? `${printableLines(JSON.stringify(comparison, null, 2))}\n`
      : `theirs fits Opik ${comparison.fits} best\n${renderComparison(comparison, pc)}`,
  )
  if (comparison.totals.breaking > 0) process.exitCode = exitCodes.breaking
}

type FittedComparison = SpecComparison & { readonly fits: string }

function compareWith(file: string, only: readonly string[]): FittedComparison {
  const theirs = readSpecFile(file)
  const ours = packagedSpec()
  const strange = only.find((entry) => compareSpecs(ours, ours, { only: [entry] }).totals.compared === 0)
  if (strange !== undefined) {
    throw new KitError('spec/only', {
      failed: 'No operation of ours has this tag or path.',
      value: strange,
      fix: 'Give a tag, such as runners or pairing, or the beginning of a path, such as /v1/private/local-runners.',
    })
  }
  const comparison = { ...compareSpecs(ours, theirs, { only }), fits: fittingVersion(theirs) }
  if (comparison.totals.compared === 0 && !comparison.operations.some(({ presence }) => presence === 'added')) {
    const paths = Object.keys(theirs.root.paths ?? {})
    throw new SpecFileError(
      `${file}: has none of ${only.length === 0 ? 'our' : 'these'} operations (${paths.length} paths, the first ${paths[0] ?? 'missing'}), ` +
        "expected Opik's API with paths like /v1/private/local-runners.",
      'Check that it is the right document.',
    )
  }
  return comparison
}

function packagedSpec(): SpecDocument {
  return parseSpec(readFileSync(packageFile(printed.json), 'utf8'), 'opik-runner-kit/openapi.json')
}
