/** What answers about the server itself and the caller: little that is kept, and much that is always the same. */
import { constantAnswers } from '../../generated/constant-answers.js'
import { isObject } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER } from '../base/identity.js'
import type { ListQuery } from '../engine/collection-code.js'
import type { CallContext, ConstantOperationId, NeighbourResolvers } from '../engine/resolver.js'
import { refuseFor } from '../world/collection.js'

export const systemResolvers: NeighbourResolvers = {
  getWorkspaceName(_, { caller }) {
    return { body: { workspace_name: caller.workspace } }
  },
  async getWorkspaceUserPermissions(_, { caller, world }) {
    const { user: user_name, workspace: workspace_name } = caller
    // Only a key in the table has permissions, which is rare.
    if (caller.permissions === undefined) return { body: { user_name, workspace_name, permissions: [] } }
    const { permissionsOf } = await world.during(import('../engine/guard.js'))
    return { body: { user_name, workspace_name, permissions: permissionsOf(caller, world) } }
  },
  projectsRedirect({ query }, { world, exchange }) {
    const root = webRootOf(query.path)
    if (root === undefined) refuseFor('noApi')
    const { workspace_name: workspace = DEFAULT_WORKSPACE, trace_id: traceId } = query
    const { traces, projects } = world.collections
    const others = world.hasQuirk('redirect-any-workspace') ? [DEFAULT_WORKSPACE] : []
    const [projectId] = [workspace, ...others].flatMap((name) => {
      const owner = createIdentity(name, LOCAL_USER)
      const id = String(traces.find(owner, traceId)?.['project_id'])
      return projects.find(owner, id) === undefined ? [] : [id]
    })
    if (projectId === undefined) refuseFor('noTrace')
    const project = `/${encodeURIComponent(workspace)}/projects/${projectId}`
    const path = `${project}/traces?tab=logs&logsType=traces&trace=${traceId}`
    return { redirect: exchange.pageOf?.(path) ?? root + path }
  },
  attachmentList({ query }) {
    if (query.path.trim() === '') refuseFor('blankPath')
    return { body: { page: query.page, size: 0, total: 0, content: [], sortable_by: [] } }
  },
}

/** What stands before the API in the URL by which a client calls it, given in base64 of either alphabet. */
function webRootOf(encoded: string): string | undefined {
  try {
    const url = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
    const end = url.indexOf('/api')
    return end < 0 ? undefined : url.slice(0, end)
  } catch {
    return undefined
  }
}

/** Whether an operation lists what there is nothing of here. */
export function isAlwaysEmpty(id: OperationId): boolean {
  return id === 'attachmentList' || (isConstant(id) && isPage(constantAnswers[id]))
}

/** Answers an operation that always answers the same, but for the page that was asked for; undefined for any other. */
export function resolveConstant(id: OperationId): ConstantResolver | undefined {
  if (!isConstant(id)) return undefined
  if (id === 'getServiceToggles') return answerToggles
  if (id === 'version') return answerVersion
  const { body }: { readonly body?: unknown } = constantAnswers[id]
  return ({ query: { page } }) => ({ body: isObject(body) && isPage({ body }) ? pageOf(body, Number(page)) : body })
}

/** All entries are on the first page. */
function pageOf(body: object, page: number): object {
  return page === 1 ? body : { ...body, page, size: 0, content: [] }
}

type ConstantResolver = (input: { query: ListQuery }, context: CallContext) => { body?: unknown }

const answerVersion: ConstantResolver = (_, { world }) => ({
  body: world.isBefore('2.1') ? { version: '2.0.1' } : constantAnswers.version.body,
})

/** Switches as the version has them by default, with those that are set. */
const answerToggles: ConstantResolver = (_, { world }) => {
  const { body } = constantAnswers.getServiceToggles
  return { body: { ...body, ...(world.isBefore('2.1') ? APRIL_TOGGLES : {}), ...world.settings.toggles } }
}

const APRIL_TOGGLES = {
  csv_upload_enabled: false,
  optimization_studio_enabled: false,
  collaborators_tab_enabled: false,
  force_workspace_version: 'version_1',
}

function isConstant(id: OperationId): id is ConstantOperationId {
  return Object.hasOwn(constantAnswers, id)
}

function isPage({ body }: { readonly body?: unknown }): boolean {
  return isObject(body) && 'page' in body
}
