// Other people's OpenAPI documents, read from files that a user names. What they say is judged elsewhere.
import { readFileSync } from 'node:fs'
import { parseSpec, SpecFileError, type SpecDocument } from '../../spec/parse-spec.js'
import { codeOf } from '../../kernel/errors.js'

export { SpecFileError }

/** @throws SpecFileError for what is no OpenAPI 3 document, YAML or JSON */
export function readSpecFile(file: string): SpecDocument {
  return parseSpec(readDocument(file), file)
}

function readDocument(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (problem) {
    const code = codeOf(problem) ?? 'unknown'
    const reason =
      { ENOENT: 'does not exist', EISDIR: 'is a folder', EACCES: 'may not be read' }[code] ??
      `could not be read (${code})`
    throw new SpecFileError(`${file}: ${reason}, expected an OpenAPI document in YAML or JSON.`, 'Check the path.')
  }
}
