// Which version of Opik another document is of: the one whose operations and request fields are most like it, of those
// that not every version has.
import { lacks, versions, type Version } from '../generated/versions.js'
import { operations } from '../kernel/all-operations.js'
import { isOperationId } from '../kernel/operation.js'
import { isObject, objectOf } from '../kernel/json-value.js'
import { type SpecDocument, plainPath } from './parse-spec.js'

/** The version that fits best, the newest of several. What a document leaves out as a whole says nothing. */
export function fittingVersion({ root }: SpecDocument): Version {
  const paths = new Set(Object.keys(objectOf(root.paths)).map(plainPath))
  const subjects = new Set([...paths].map(subjectOf))
  const fields = propertyNames(root)
  const told = versions.flatMap((lacking) =>
    marksOf(lacking).flatMap(({ path, field }) => {
      const isCovered = field === undefined ? subjects.has(subjectOf(path)) : paths.has(path)
      const isThere = field === undefined ? paths.has(path) : fields.has(field)
      return isCovered ? [{ lacking, isThere }] : []
    }),
  )
  const unlike = (version: Version) => told.filter(({ lacking, isThere }) => isThere === (lacking === version)).length
  return versions.reduce((best, version) => (unlike(version) <= unlike(best) ? version : best))
}

/** What a version lacks: operations, and fields of their requests. */
function marksOf(version: Version) {
  const { operations: ids = [], fields = {} } = lacks[version]
  const paths = ids.filter(isOperationId).map((id) => ({ path: plainPath(operations[id].path), field: undefined }))
  const named = Object.entries(fields).flatMap(([id, of]) => {
    const path = isOperationId(id) ? plainPath(operations[id].path) : ''
    return of.map(({ at }) => ({ path, field: at.split('/').at(-1) ?? '' }))
  })
  return [...paths, ...named]
}

/** What a path is about, such as `prompts`. */
function subjectOf(path: string): string {
  return path.replace('/v1/private', '').split('/')[1] ?? ''
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
