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
import { compareSpecs } from '../spec/compare-specs.js'
import { toSpecDocument, type SpecDocument } from '../spec/parse-spec.js'
import { renderComparison } from '../spec/render-comparison.js'
import { version } from '../kernel/version.js'
import { readInputFile } from './files/input-file.js'
import { packageFile } from '../mocks/adapters/node-package-file.js'
import { toYamlText } from './files/yaml-text.js'
import { defineCommand } from './define-command.js'

const printed = { yaml: 'dist/openapi.yaml', json: 'dist/openapi.json' } as const

export const addSpecCommand = defineCommand(SpecCommand, run)

/** Ends with 1 where something breaks a client. A file that cannot be compared is a KitError. */
async function run(flags: SpecFlags, _args: unknown, command: Command): Promise<number> {
  const write = (text: string) => command.configureOutput().writeOut?.(text)
  const { compare, only = [], json = false, arazzo, format } = flags
  if (compare === undefined) {
    const misused = flags.only === undefined ? json && '--json' : '--only'
    if (misused) command.error(`error: ${misused} needs --compare FILE; --format json prints as JSON`)
    write(arazzo === true ? printedArazzo(format) : printedSpec(format))
    return 0
  }
  const comparison = await compareWith(compare, only)
  write(json ? `${printableLines(JSON.stringify(comparison, null, 2))}\n` : renderComparison(comparison, pc))
  return comparison.totals.breaking > 0 ? 1 : 0
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

async function compareWith(file: string, only: readonly string[]) {
  const theirs = toSpecDocument((await readInputFile(file, 'OpenAPI')).value, file)
  const ours = packagedSpec()
  const strange = only.find((entry) => compareSpecs(ours, ours, { only: [entry] }).totals.compared === 0)
  if (strange !== undefined) {
    throw new KitError('spec/only', {
      failed: 'No operation of ours has this tag or path.',
      value: strange,
      fix: 'Give a tag, such as runners or pairing, or the beginning of a path, such as /v1/private/local-runners.',
    })
  }
  const comparison = compareSpecs(ours, theirs, { only })
  if (comparison.totals.compared === 0 && !comparison.operations.some(({ presence }) => presence === 'added')) {
    const paths = Object.keys(theirs.root.paths ?? {})
    throw new KitError('spec/file', {
      failed: `The document ${file} has none of ${only.length === 0 ? 'our' : 'these'} operations.`,
      value: `${paths.length} paths, the first ${paths[0] ?? 'missing'}`,
      fix: 'Check that it is the document of Opik, with paths like /v1/private/local-runners.',
    })
  }
  return comparison
}

function packagedSpec(): SpecDocument {
  return toSpecDocument(JSON.parse(readFileSync(packageFile(printed.json), 'utf8')), 'opik-runner-kit/openapi.json')
}
