// Reads what each source file imports, from the syntax tree: static and dynamic imports, re-exports, `import('x')` types
// and require calls. Knows nothing of layers; rules.ts judges what is read here.
import ts from 'typescript'

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
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
    return specifiersIn(file).map((literal) => ({
      from: path,
      specifier: literal.text,
      target: resolve(path, literal.text, sources),
      line: file.getLineAndCharacterOfPosition(literal.getStart(file)).line + 1,
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

function specifiersIn(file: ts.SourceFile): ts.StringLiteralLike[] {
  const found: ts.StringLiteralLike[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isExternalModuleReference(node)) return node.expression
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  if (!ts.isCallExpression(node)) return undefined
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
  return isImport || isRequire ? node.arguments[0] : undefined
}

function resolve(from: string, specifier: string, sources: Sources): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = new URL(specifier, `file:///${from}`).pathname.slice(1)
  const candidates = [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx'), path, path.replace(/\.js$/, '.d.ts')]
  return candidates.find((candidate) => candidate in sources)
}
