// Which version of Opik another document is of: the one whose operations and request fields are most like it, of those
// that not every version has.
import { lacks, versions, type Version } from '../generated/versions.js'
import { operations } from '../kernel/all-operations.js'
import { isOperationId } from '../kernel/operation.js'
import { isObject, listOf, objectOf } from '../kernel/json-value.js'
import type { SpecDocument } from './parse-spec.js'

/** The version that fits best, the newest of several. */
export function fittingVersion({ root }: SpecDocument): Version {
  const paths = new Set(Object.keys(objectOf(root.paths)).map(plainPath))
  const fields = propertyNames(root)
  const marks = versions.flatMap((version) => marksOf(version))
  const isThere = new Map(marks.map((mark) => [mark, isPath(mark) ? paths.has(mark) : fields.has(mark)]))
  const unlike = (version: Version): number => {
    const lacking = new Set(marksOf(version))
    return marks.filter((mark) => isThere.get(mark) === lacking.has(mark)).length
  }
  return versions.reduce((best, version) => (unlike(version) <= unlike(best) ? version : best))
}

const isPath = (mark: string): boolean => mark.startsWith('/')

/** What a version lacks: paths, and names of fields that no older one has. */
function marksOf(version: Version): string[] {
  const { operations: ids = [], fields = {} } = lacks[version]
  const paths = ids.filter(isOperationId).map((id) => plainPath(operations[id].path))
  const names = Object.values(fields).flatMap((of) => listOf(of).map((field) => String(objectOf(field)['at'])))
  return [...paths, ...names.map((at) => at.split('/').at(-1) ?? '')]
}

/** A path without the names of its parameters. */
function plainPath(path: string): string {
  return path.replace(/\/$/, '').replaceAll(/\{[^}]*\}/g, '{}')
}

/** Every name of a property in the document, as it is on the wire. */
function propertyNames(root: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(root)) for (const item of root) propertyNames(item, names)
  if (!isObject(root)) return names
  const { properties } = root
  if (isObject(properties)) {
    for (const name of Object.keys(properties))
      names.add(name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
  }
  for (const member of Object.values(root)) propertyNames(member, names)
  return names
}
