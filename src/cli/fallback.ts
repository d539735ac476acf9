/** `--fallback URL|FILE`: a server, or an OpenAPI document that is looked at before Prism is started for it. */
import { KitError } from '../kernel/errors.js'
import { parseFallbackUrl } from '../mocks/adapters/node-fallback.js'

/** Whether a fallback is a document and no server. */
export function isDocument(named: string): boolean {
  return !/^[a-z][a-z\d+.-]+:\/\//i.test(named)
}

/**
 * Checks what was named, so that a mistake shows before anything is started.
 * @throws KitError `fallback/url` or `fallback/spec`
 */
export async function checkFallback(named: string): Promise<string> {
  if (!isDocument(named)) return parseFallbackUrl(named).href
  const { readSpecFile, SpecFileError } = await import('./files/spec-file.js')
  try {
    readSpecFile(named)
    return named
  } catch (problem) {
    if (!(problem instanceof SpecFileError)) throw problem
    throw new KitError(
      'fallback/spec',
      { failed: `The fallback ${problem.failed}`, fix: problem.fix },
      { cause: problem },
    )
  }
}
