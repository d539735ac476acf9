// Reads what each source file imports, as TypeScript finds it: static and dynamic imports, re-exports, `import('x')` types
// and require calls. Knows nothing of layers; rules.ts judges what is read here.
import { createRequire } from 'node:module'
import type TypeScript from 'typescript'

/** Required: an import would read all of the compiler twice before it runs. */
const ts = createRequire(import.meta.url)('typescript') as typeof TypeScript

/** Source texts by their path from the checkout, such as `src/kernel/clock.ts`. */
export type Sources = Readonly<Record<string, string>>

export interface Import {
  /** The importing file. */
  from: string
  /** As written, such as `./clock.js` or `node:http`. */
  specifier: string
  /** The imported file, when the specifier is relative; undefined also when there is no such file. */
  target: string | undefined
  /** Line in `from`, counted from 1. */
  line: number
}

/** All imports of all files, in the order of the text. */
export function readImports(sources: Sources): Import[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const imports = path.endsWith('.json') ? [] : ts.preProcessFile(text, true, true).importedFiles
    return imports.map(({ fileName, pos }) => ({
      from: path,
      specifier: fileName,
      target: resolve(path, fileName, sources),
      line: text.slice(0, pos).split('\n').length,
    }))
  })
}

/** The package that a specifier names, built-ins with their prefix: `@scope/name/deep` is `@scope/name`. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function resolve(from: string, specifier: string, sources: Sources): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = new URL(specifier, `file:///${from}`).pathname.slice(1)
  const candidates = [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx'), path, path.replace(/\.js$/, '.d.ts')]
  return candidates.find((candidate) => candidate in sources)
}
