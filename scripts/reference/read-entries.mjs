// @ts-check
// Reads what each entry of the package exports, from the declarations that importers get: name, text, docstring.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { at, manifest } from '../paths.mjs'

/**
 * @typedef {object} Export
 * @property {string} name
 * @property {boolean} isValue something that runs, and no type alone
 * @property {string} code its declarations, docstrings of members included
 * @property {string} about its docstring without tags
 * @property {{ name: string, text: string }[]} tags of its docstring
 * @property {ts.Symbol} symbol the same for an export of several entries
 * @property {Set<ts.Symbol>} mentions what its declarations name
 *
 * @typedef {object} Entry
 * @property {string} name what is imported: `opik-runner-kit/node`
 * @property {string} page name of its page, without ending
 * @property {string} about what the head of its source says it is, one sentence
 * @property {Export[]} exports by name
 */

/** @returns {Entry[]} in the manifest's order; those of data are none */
export function readEntries() {
  const targets = Object.entries(manifest.exports).filter(([, target]) => target.types !== undefined)
  const program = ts.createProgram(
    targets.map(([, target]) => at(target.types)),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
      typeRoots: [at('node_modules', '@types')],
      strict: true,
      skipLibCheck: true,
    },
  )
  const checker = program.getTypeChecker()
  return targets.map(([subpath, target]) => {
    const file = program.getSourceFile(at(target.types))
    const symbol = file && checker.getSymbolAtLocation(file)
    if (symbol === undefined) throw new Error(`${target.types} exports nothing.`)
    return {
      name: subpath.replace('.', manifest.name),
      page: subpath === '.' ? 'main' : subpath.slice('./'.length),
      about: firstSentence(target.types.replace('./dist/', 'src/').replace('.d.ts', '.ts')),
      exports: checker
        .getExportsOfModule(symbol)
        .map((each) => readExport(each, checker))
        .sort((one, other) => compare(one.name, other.name)),
    }
  })
}

/**
 * @param {ts.Symbol} exported
 * @param {ts.TypeChecker} checker
 * @returns {Export}
 */
function readExport(exported, checker) {
  const symbol = meantBy(exported, checker)
  const nodes = symbol.declarations ?? []
  return {
    name: exported.name,
    isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
    // By the name that importers use, whatever it is called inside.
    code: nodes
      .map((node) => declarationOf(node, checker).replace(new RegExp(`\\b${symbol.name}\\b`), exported.name))
      .join('\n'),
    about: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(),
    tags: symbol.getJsDocTags(checker).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text).trim() })),
    symbol,
    mentions: new Set(nodes.flatMap((node) => mentionsIn(node, checker))),
  }
}

/**
 * @param {ts.Node} node
 * @param {ts.TypeChecker} checker
 * @returns {ts.Symbol[]}
 */
function mentionsIn(node, checker) {
  if (!ts.isIdentifier(node)) {
    const found = /** @type {ts.Symbol[]} */ ([])
    ts.forEachChild(node, (child) => void found.push(...mentionsIn(child, checker)))
    return found
  }
  const symbol = checker.getSymbolAtLocation(node)
  if (symbol === undefined) return []
  return [meantBy(symbol, checker)]
}

/**
 * A declaration as text. A type that only names another one by its place is told as that one.
 * @param {ts.Declaration} node
 * @param {ts.TypeChecker} checker
 */
function declarationOf(node, checker) {
  if (ts.isInterfaceDeclaration(node)) return interfaceText(node, checker)
  if (!ts.isTypeAliasDeclaration(node)) return toText(statementOf(node))
  const { type } = node
  const meant = checker.getTypeFromTypeNode(type)
  const [place] = ts.isIndexedAccessTypeNode(type) ? memberAt(type, checker) : []
  const isSchema = /generated\/named-types\.(d\.)?ts$/.test(node.getSourceFile().fileName)
  const schema = isSchema ? type : place
  if (schema !== undefined) return `type ${node.name.text} = ${schemaText(schema)};`
  const members = ts.isTypeReferenceNode(type) ? schemaMembers(type, checker) : undefined
  if (members !== undefined) return [`type ${node.name.text} = {`, ...members.flatMap(indented), '};'].join('\n')
  if (/typeof/.test(type.getText()) && meant.isUnion()) {
    return `type ${node.name.text} = ${checker.typeToString(meant, undefined, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias)};`
  }
  return toText(node)
}

/**
 * An interface with the members that it takes over from schemas, which no page tells of by themselves.
 * @param {ts.InterfaceDeclaration} node
 * @param {ts.TypeChecker} checker
 */
function interfaceText(node, checker) {
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => [...types])
  const own = new Set(node.members.map(({ name }) => name?.getText()))
  const told = bases.map((base) => ({ base, members: schemaMembers(base, checker) }))
  if (told.every(({ members }) => members === undefined)) return toText(node)
  const others = told.filter(({ members }) => members === undefined).map(({ base }) => base.getText())
  const taken = told.flatMap(({ members = [] }) => members).filter(({ name }) => !own.has(name?.getText()))
  const head = `interface ${node.name.text}${others.length > 0 ? ` extends ${others.join(', ')}` : ''} {`
  return [head, ...[...taken, ...node.members].flatMap(indented), '}'].join('\n')
}

/**
 * The members of a schema, or of `Omit` or `Pick` of one; undefined for any other type.
 * @param {ts.TypeNode} node
 * @param {ts.TypeChecker} checker
 * @returns {readonly ts.TypeElement[] | undefined}
 */
function schemaMembers(node, checker) {
  const named = ts.isExpressionWithTypeArguments(node) ? node.expression : ts.isTypeReferenceNode(node) && node.typeName
  if (!named) return undefined
  const [of, keys] = 'typeArguments' in node ? [...(node.typeArguments ?? [])] : []
  const word = named.getText()
  if (of !== undefined && keys !== undefined && (word === 'Omit' || word === 'Pick')) {
    const names = namesIn(checker.getTypeFromTypeNode(keys))
    return schemaMembers(of, checker)?.filter((each) => names.has(each.name?.getText()) === (word === 'Pick'))
  }
  const symbol = checker.getSymbolAtLocation(named)
  const [declared] = symbol === undefined ? [] : (meantBy(symbol, checker).declarations ?? [])
  if (declared === undefined || !ts.isTypeAliasDeclaration(declared)) return undefined
  if (ts.isTypeReferenceNode(declared.type)) return schemaMembers(declared.type, checker)
  const [schema] = ts.isIndexedAccessTypeNode(declared.type) ? memberAt(declared.type, checker) : [declared.type]
  return schema !== undefined && ts.isTypeLiteralNode(schema) ? schema.members : undefined
}

/**
 * The texts of a union of them.
 * @param {ts.Type} type
 * @returns {Set<unknown>}
 */
const namesIn = (type) =>
  new Set((type.isUnion() ? type.types : [type]).map((each) => each.isStringLiteral() && each.value))

/**
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
const meantBy = (symbol, checker) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)

/** @param {ts.TypeElement} node */
const indented = (node) =>
  memberText(node)
    .split('\n')
    .map((line) => `  ${line}`)

/**
 * A member with its docstring.
 * @param {ts.TypeElement} node
 */
function memberText(node) {
  const { text } = node.getSourceFile()
  const start = node.getStart(undefined, true)
  const margin = start - text.lastIndexOf('\n', start) - 1
  const lines = text.slice(start, node.end).replaceAll(new RegExp(`^ {${margin}}`, 'gm'), '')
  return namesOnly(lines.replaceAll(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2)))
}

/**
 * The type behind `Schemas['LocalRunner']`.
 * @param {ts.IndexedAccessTypeNode} node
 * @param {ts.TypeChecker} checker
 * @returns {ts.TypeNode[]}
 */
function memberAt({ objectType, indexType }, checker) {
  if (!ts.isLiteralTypeNode(indexType) || !ts.isStringLiteral(indexType.literal)) return []
  const member = checker.getTypeFromTypeNode(objectType).getProperty(indexType.literal.text)
  const [node] = member?.declarations ?? []
  if (node === undefined || !ts.isPropertySignature(node) || node.type === undefined) return []
  const further = ts.isIndexedAccessTypeNode(node.type) ? memberAt(node.type, checker) : []
  return further.length > 0 ? further : [node.type]
}

/**
 * A schema as openapi-typescript has written it: names instead of paths, and no tags of JSDoc.
 * @param {ts.TypeNode} node
 */
function schemaText(node) {
  const text = toText(node)
  const [, margin = ''] = /^( *)\S.*$(?![^]*\n)/m.exec(text) ?? []
  return namesOnly(text.replaceAll(new RegExp(`^${margin}`, 'gm'), ''))
}

/** @param {string} text of a schema */
function namesOnly(text) {
  return text
    .replaceAll(/components\[["']schemas["']\]\[["'](\w+)["']\]/g, '$1')
    .replaceAll(/@description /g, '')
    .replaceAll(/^ *\/\*\* @(enum|constant).*\*\/\n/gm, '')
    .replaceAll(/^ *\* @(enum|constant).*\n/gm, '')
}

/** @param {ts.Declaration} node */
function statementOf(node) {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node
}

/** @param {ts.Node} node */
function toText(node) {
  return node
    .getText()
    .replace(/^export (declare )?/, '')
    .replaceAll(/^( {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
}

/** @param {string} path of a source file, whose head says what it owns */
function firstSentence(path) {
  const [, head = ''] = /^\/\*\*([^]*?)\*\//.exec(readFileSync(at(path), 'utf8')) ?? []
  const [sentence = ''] = /^[^]*?\.(?=\s|$)/.exec(head.replaceAll(/\s*\n \* ?/g, ' ').trim()) ?? []
  if (sentence === '') throw new Error(`${path} opens with no sentence that says what it owns.`)
  return sentence
}

/**
 * The order of names, whatever the locale; small letters do not come after all capitals.
 * @param {string} one
 * @param {string} other
 */
function compare(one, other) {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  if (a === b) return one < other ? -1 : 1
  return a < b ? -1 : 1
}
