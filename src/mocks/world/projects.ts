/** Projects, by workspace. Every workspace is born with `Default Project`, under an id that follows from its name. */
import { createIdSource } from '../../id-source.js'
import type { Project } from '../../types.js'
import { createIdentity, LOCAL_USER, type Identity } from '../identity.js'
import { DEFAULT_PROJECT } from './names.js'
import { cutPageFromOne, type Page } from './page.js'
import { newId, type Parts } from './parts.js'

/** What createProject takes. */
export interface ProjectDraft {
  name: string
  description?: string | undefined
  visibility?: Project['visibility'] | undefined
}

/** The projects of one workspace. */
export interface WorkspaceProjects {
  byId: Map<string, Project>
  byName: Map<string, Project>
}

/** The projects of all workspaces. */
export class Projects {
  /** Oldest first; public for those who only read. */
  readonly workspaces = new Map<string, WorkspaceProjects>()
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** A project of the caller's workspace. */
  find(caller: Identity, id: string): Project | undefined {
    return this.of(caller.workspace).byId.get(id.toLowerCase())
  }

  findByName(caller: Identity, name: string): Project | undefined {
    return this.of(caller.workspace).byName.get(name)
  }

  /** createProject: undefined for a name that is taken in the workspace. */
  create(caller: Identity, draft: ProjectDraft): Project | undefined {
    const name = draft.name.trim()
    if (this.findByName(caller, name) !== undefined) return undefined
    return this.add(caller, newId(this.parts), { ...draft, name })
  }

  /** The project of that name, made when there is none, as ingestion does. */
  findOrCreate(caller: Identity, name: string): Project {
    return this.findByName(caller, name) ?? this.add(caller, newId(this.parts), { name })
  }

  /** findProjects: newest first, filtered by a part of the name in any case; pages count from 1. */
  page(caller: Identity, query: { page: number; size: number; name?: string | undefined }): Page<Project> {
    const part = query.name?.toLowerCase() ?? ''
    const all = [...this.of(caller.workspace).byId.values()].reverse()
    const matching = all.filter((project) => project.name.toLowerCase().includes(part))
    return cutPageFromOne(matching, query.page, query.size)
  }

  /** deleteProjectById: does nothing for an unknown project; false for the default one, which is kept. */
  delete(caller: Identity, id: string): boolean {
    const project = this.find(caller, id)
    if (project === undefined) return true
    if (project.name === DEFAULT_PROJECT) return false
    const { byId, byName } = this.of(caller.workspace)
    byName.delete(project.name)
    byId.delete(project.id)
    this.parts.touch('project', project.id, caller.workspace)
    return true
  }

  /** Names of the workspaces that have been seen. */
  workspaceNames(): string[] {
    return [...this.workspaces.keys()]
  }

  save(): Record<string, Project[]> {
    return Object.fromEntries([...this.workspaces].map(([name, { byId }]) => [name, [...byId.values()]]))
  }

  load(saved: Record<string, Project[]>): void {
    this.workspaces.clear()
    for (const [workspace, projects] of Object.entries(saved)) {
      const entry: WorkspaceProjects = { byId: new Map(), byName: new Map() }
      for (const project of projects) index(entry, { ...project })
      this.workspaces.set(workspace, entry)
    }
  }

  private of(workspace: string): WorkspaceProjects {
    const known = this.workspaces.get(workspace)
    if (known !== undefined) return known
    const created: WorkspaceProjects = { byId: new Map(), byName: new Map() }
    this.workspaces.set(workspace, created)
    this.add(createIdentity(workspace, LOCAL_USER), defaultProjectId(workspace), { name: DEFAULT_PROJECT })
    return created
  }

  private add(caller: Identity, id: string, draft: ProjectDraft): Project {
    const at = this.parts.clock.iso()
    const project: Project = {
      id,
      name: draft.name,
      visibility: draft.visibility ?? 'private',
      ...(draft.description === undefined ? {} : { description: draft.description }),
      created_at: at,
      created_by: caller.user,
      last_updated_at: at,
      last_updated_by: caller.user,
    }
    this.parts.touch('project', id, caller.workspace)
    return index(this.of(caller.workspace), project)
  }
}

function index({ byId, byName }: WorkspaceProjects, project: Project): Project {
  byId.set(project.id, project)
  byName.set(project.name, project)
  return project
}

/** The time part of every default project's id: 2024-07-16, so that it sorts before anything made later. */
const BEFORE_EVERYTHING = 1_721_088_000_000

/** Same workspace, same id, in every mock: people paste it into commands and tests. */
function defaultProjectId(workspace: string): string {
  let seed = 0x811c9dc5
  for (let place = 0; place < workspace.length; place++)
    seed = Math.imul(seed ^ workspace.charCodeAt(place), 0x01000193)
  return createIdSource(seed).next(BEFORE_EVERYTHING)
}
