// @ts-check
// Reads the x-permissions of components, which a spec may lack, and renders permissions.ts: which permission an operation needs.
import { FieldReader } from './field-reader.mjs'
import { objectOf } from './load-spec.mjs'
import { literal } from './literal.mjs'
import { SpecError } from './spec-error.mjs'

const ROOT = ['components', 'x-permissions']

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {Record<string, string>} Names by operationId.
 */
export function readPermissions(spec, operations) {
  const read = new FieldReader()
  /** @type {Record<string, string>} */
  const found = {}
  for (const { name, value, place } of read.entries(objectOf(spec.document.components)['x-permissions'], ROOT)) {
    for (const pattern of read.names(value, place)) {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      const own = operations.filter(({ id }) => expression.test(id))
      if (own.length === 0 && !pattern.includes('*')) {
        read.report(place, `no operation is called "${pattern}".`, 'name an operationId.')
      }
      for (const { id } of own) {
        if (found[id] !== undefined) read.report(place, `${id} needs ${found[id]} already.`, 'name it once.')
        found[id] = name
      }
    }
  }
  if (read.problems.length > 0) throw new SpecError(read.problems)
  return found
}

/**
 * @param {Record<string, string>} permissions
 * @returns {string}
 */
export function renderPermissions(permissions) {
  return `import type { OperationId } from './operations.js'

/** The permission that an operation needs, where it needs one. */
export const permissions: Readonly<Partial<Record<OperationId, string>>> = ${literal(permissions)}
`
}
