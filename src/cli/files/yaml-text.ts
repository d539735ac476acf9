/** YAML of users' files: its value, the line in which a value stands, and what is written for users. */
import { isNode, LineCounter, stringify, type YAMLParseError } from 'yaml'
import { EndlessYamlError, parseBoundedYaml, valueOfYaml } from '../../spec/bounded-yaml.js'
import { KitError } from '../../kernel/errors.js'
import type { ProblemPlace } from '../../kernel/problem.js'

/** @throws KitError `file/syntax` */
export function parseYamlText(text: string, name: string, what: string): unknown {
  const lines = new LineCounter()
  const document = bounded(name, what, () => parseBoundedYaml(text, { lineCounter: lines, prettyErrors: false }))
  const [error] = document.errors
  if (error === undefined) return bounded(name, what, () => valueOfYaml(document))
  const { line, col } = lines.linePos(error.pos[0])
  throw new KitError(
    'file/syntax',
    {
      failed: `The ${what} file ${name} is neither YAML nor JSON, from line ${line}, column ${col} on: ${describe(error)}.`,
      fix: 'Mend that place and start again.',
    },
    { cause: error },
  )
}

/** The line, counted from 1, in which a value stands; the nearest one around it when it is missing. */
export function lineInYaml(text: string, path: ProblemPlace): number {
  const lines = new LineCounter()
  const document = parseBoundedYaml(text, { lineCounter: lines, prettyErrors: false })
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range !== undefined && node.range !== null) return lines.linePos(node.range[0]).line
  }
  return 1
}

export function toYamlText(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false })
}

/** What the parser says; the one piece of advice that is for programmers is put in a user's words. */
function describe({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'A second document begins, and there may be one only' : message
}

/** Depth and aliases can make a small file one without end. */
function bounded<Read>(name: string, what: string, read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EndlessYamlError)) throw error
    throw new KitError(
      'file/syntax',
      {
        failed: `The ${what} file ${name} cannot be unfolded: ${error.message}.`,
        fix: 'Write out what its aliases stand for, with less in each other.',
      },
      { cause: error },
    )
  }
}
