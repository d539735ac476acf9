/** Calls to the public API by operation, in the name of the owner of their resource. */
import { operations } from '../../kernel/all-operations.js'
import { fillPath, type OperationId } from '../../kernel/operation.js'
import { ADMIN } from './admin-api.js'
import type { CurlCall } from './to-curl.js'
import { world } from './world-state.js'

export interface Owner {
  readonly workspace: string
  readonly user: string
}

/** Who a request without credentials is, where keys are no matter. */
export const NOBODY: Owner = { workspace: 'default', user: 'admin' }

/**
 * The call of an operation. The usual user calls the public API as it is; others have a key that the console does not
 * know, so the admin API passes the call on in their name.
 */
export function callOf(
  operation: OperationId,
  owner: Owner,
  parameters: Readonly<Record<string, string>> = {},
  body?: unknown,
): CurlCall {
  const { method } = operations[operation]
  const needsName = world.value?.auth === 'keys' || owner.user !== NOBODY.user
  const root = needsName
    ? `${ADMIN}/as/${encodeURIComponent(owner.workspace)}/${encodeURIComponent(owner.user)}`
    : (world.value?.api_path ?? '')
  const isUsual = needsName || owner.workspace === NOBODY.workspace
  return {
    method,
    path: root + fillPath(operations[operation], parameters),
    ...(isUsual ? {} : { headers: { 'comet-workspace': owner.workspace } }),
    ...(body === undefined ? {} : { body }),
  }
}
