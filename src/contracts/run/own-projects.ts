/**
 * Projects for the checks. Where the target lets us, each check gets its own, since a user has one runner of a type per
 * project; else all share the one that was given.
 */
import { alternatives } from '../target/alternatives.js'
import type { Context, OwnProject } from '../check/context.js'
import { expectStatus, NotRun } from '../target/expectation.js'
import type { IdentityName } from '../target/identity-card.js'
import { createdId } from '../check/runner-handle.js'

/** Where projects come from. `shared`: the target's given project; checks must then run one after another. */
export type ProjectSource = { kind: 'own' } | { kind: 'shared'; project: OwnProject }

/** Makes the projects of one check. */
export interface CheckProjects {
  project(identity?: IdentityName): Promise<OwnProject>
  newProject(identity?: IdentityName): Promise<OwnProject>
}

/** Creates the maker of one check's projects; they are deleted when the check ends. */
export function createCheckProjects(
  source: ProjectSource,
  context: Context,
  workspaceOf: (identity: IdentityName) => string | undefined,
): CheckProjects {
  const made = new Map<string, Promise<OwnProject>>()
  const newProject = async (identity: IdentityName = 'main'): Promise<OwnProject> => {
    if (source.kind === 'shared') throw new NotRun('the target does not let projects be created')
    return createProject(context, identity)
  }
  return {
    newProject,
    project(identity = 'main') {
      const workspace = workspaceOf(identity) ?? 'default'
      const isShared = source.kind === 'shared' && workspace === (workspaceOf('main') ?? 'default')
      const known = made.get(workspace) ?? (isShared ? Promise.resolve(source.project) : newProject(identity))
      made.set(workspace, known)
      return known
    },
  }
}

async function createProject(context: Context, identity: IdentityName): Promise<OwnProject> {
  const name = context.name()
  const answer = await context.call('createProject', {
    body: { name },
    identity,
    accept: [alternatives.preparedLocation],
  })
  expectStatus(answer, 201)
  const id = createdId(answer)
  context.defer(() => context.call('deleteProjectById', { path: { id }, identity, timeoutSeconds: 5 }))
  return { id, name }
}
