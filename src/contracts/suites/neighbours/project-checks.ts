// Checks of projects, as far as clients of runners need them; of agent configurations: versions that are whole, masks laid over
// them, environments, history; and of prompts: versions added to the prompt of a name, commits, and what is read of them.
import { many } from '../../check/check-steps.js'
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import type { LinePart } from '../../check/request-lines.js'
import { configured, createPrompt, futureProject, newProject, nothing, withOtherProject } from '../../check/scenes.js'
import { listOf } from '../../../kernel/json-value.js'

/** Projects whose names begin alike, in the order of their making. */
const projectsNamed =
  (...ends: readonly string[]) =>
  async (context: Context) => {
    // Not run where projects may not be created.
    await context.newProject()
    const name = context.name('Several')
    const ids = await many(ends.length, 1, async (at) => {
      const answer = await context.call('createProject', { body: { name: `${name}-${ends[at] ?? ''}` } })
      expectStatus(answer, 201)
      const id = createdId(answer)
      context.defer(() => context.call('deleteProjectById', { path: { id } }))
      return id
    })
    return { name, ids }
  }

type Value = Readonly<{ key: string; value: string; type: 'string' | 'float' }>

const MODEL: Value = { key: 'model', value: 'contract-model', type: 'string' }
const temperature = (value: string): Value => ({ key: 'temperature', value, type: 'float' })
const FIRST = [temperature('0.7'), MODEL]

const ADDED: Value = { key: 'contract', value: 'x', type: 'string' }

const version = (...values: readonly Value[]) => ({ type: 'blueprint', values })
const mask = (...values: readonly Value[]) => ({ type: 'mask', values })

const endOfVersionId: LinePart = (_, { versionId }) => String(versionId).slice(-8)

export const projectChecks = checksOn('createProject should', (it, at) => {
  it`projects/created: A new project is private, with its name, description and who made it when.
    ${futureProject}
    createProject description="Made by a contract check.": 201 ->id
    getProjectById: 200 id=$id name=$name description="Made by a contract check." visibility="private" created_at!=
      created_by!=""`
  it('projects/without-description: A project without a description shows none.', async (context) => {
    const { id } = await context.newProject()
    const { description } = await context.expectCall(200, 'getProjectById', { path: { id } })
    expectThat(description === undefined || description === '', 'no description', description)
  })
  it`projects/name-taken: A name that the workspace uses already is 409, and changes nothing.
    ${newProject}
    createProject description="second": 409
    findProjects size=50: 200 content.*.id=[$id]`
  it`projects/name-taken-in-any-case: A name that the workspace uses already is 409 in any letter case.
    ${newProject}
    createProject name=$name^: 409`
  it`projects/changed [updateProject]: What a change names of a project is replaced, the rest stays; a name that is taken is 409.
    ${withOtherProject(futureProject)}
    createProject description="first": 201 ->id
    updateProject description="second": 204
    updateProject name=$other: 409
    getProjectById: 200 name=$name description="second"
    updateProject id=? description="x": 404`
  it`projects/sorted [findProjects]: Projects come in the order of their names, when that is asked for; an unknown field changes nothing.
    ${projectsNamed('b', 'c', 'a')}
    findProjects sorting=[{"field":"name","direction":"ASC"}]: 200 content.*.id=[$ids.2,$ids.0,$ids.1]
    findProjects sorting=[{"field":"name","direction":"DESC"}]: 200 content.*.id=[$ids.1,$ids.0,$ids.2]
    findProjects sorting=[{"field":"colour","direction":"ASC"}]: 200 content.*.id=[$ids.2,$ids.1,$ids.0]
    findProjects sorting="name": 400`
  it('projects/retrieved-by-name [retrieveProject]: A project is retrieved by its name.', async (context) => {
    const { id, name } = await context.newProject()
    const project = await context.expectCall(200, 'retrieveProject', { body: { name } })
    expectEqual('the project', project, await context.expectCall(200, 'getProjectById', { path: { id } }))
  })
  it`projects/retrieved-by-whole-name [retrieveProject]: A part of a name retrieves nothing (404).
    ${projectsNamed('whole')}
    retrieveProject: 404
    retrieveProject name=${(_, { name }) => `${String(name)}-whole-x`}: 404`
  it`projects/default-project [retrieveProject]: Every workspace has a project named Default Project.
    retrieveProject name="Default Project": 200 name="Default Project"`
  it`projects/found-by-part [findProjects]: Projects are found by a part of their name, in any letter case.
    ${projectsNamed('Part')}
    findProjects: 200 content.*.id=$ids
    findProjects name=${(_, { name }) => String(name).slice(9)}: 200 content.*.id=$ids
    findProjects name=$name^: 200 content.*.id=$ids
    findProjects name=${(_, { name }) => String(name).toLowerCase()}: 200 content.*.id=$ids`
  it`projects/not-found-by-other-text [findProjects]: A text that no name contains finds no project.
    findProjects name=?: 200 content=[] total=0`
  it`projects/ten-to-a-page [findProjects]: Projects are found ten to a page, each on one page.
    ${projectsNamed(...Array.from({ length: 12 }, (_, at) => `${at}`))}
    findProjects: 200 content.length=10 total=12 content.*.id=${(_, { ids }) => listOf(ids).toReversed().slice(0, 10)}
    findProjects page=2: 200 content.*.id=[$ids.1,$ids.0] total=12`
  it`projects/unknown [getProjectById]: An unknown project is 404.
    getProjectById id=?: 404`
  it`projects/deleted [deleteProjectById]: A deleted project is 404, is not found, and leaves its name to others; deleting it again is 204.
    ${futureProject}
    createProject: 201 ->id
    deleteProjectById: 204
    deleteProjectById: 204
    getProjectById: 404
    retrieveProject: 404
    findProjects size=50: 200 content=[]
    createProject: 201`
  it`projects/deleted-at-once [deleteProjectsBatch]: Several projects are deleted at once; unknown ones are passed over.
    ${newProject}
    deleteProjectsBatch ids=[$unknown,$id]: 204
    getProjectById: 404`
  // In the other workspace, so that a server that lets it happen loses nothing that another check needs.
  at('deleteProjectById should', { other: 'stranger' })
  it`projects/default-stays: The default project cannot be deleted (409).
    ${nothing}
    stranger retrieveProject name="Default Project": 200 id->id
    stranger deleteProjectById id=$id: 409
    stranger getProjectById id=$id: 200`
})

export const configurationChecks = checksOn('updateAgentConfig should', (it, at) => {
  it`configurations/first-version [createAgentConfig]: The first version is v1, with its values in their order, and prod points to it.
    ${configured}
    getBlueprintByEnv: 200 id=$blueprint_id name="v1" type="blueprint" envs=["prod"] values=${FIRST}`
  it`configurations/versions-are-whole: A version holds the values that were given for it, and none of the version before.
    ${configured}
    updateAgentConfig blueprint=${version(temperature('0.9'))}: 201 ->id
    getLatestBlueprint: 200 id=$id values=${[temperature('0.9')]}`
  it`configurations/masks-do-not-count: A mask is no version: it takes no name, is not the newest, and its id reads no blueprint.
    ${configured}
    updateAgentConfig blueprint=${mask(temperature('0.1'))}: 201 ->mask
    getBlueprintById blueprint_id=$mask: 404
    getLatestBlueprint: 200 id=$blueprint_id
    updateAgentConfig blueprint=${version(MODEL)}: 201 ->second
    getBlueprintByName name="v2": 200 id=$second`
  it`configurations/mask-laid-over [getBlueprintById]: A mask replaces values in their place and adds others behind, in that answer alone.
    ${configured}
    updateAgentConfig blueprint=${mask(ADDED, temperature('0.1'))}: 201 ->mask
    getBlueprintById mask_id=$mask: 200 values=${[temperature('0.1'), MODEL, ADDED]}
    getBlueprintById: 200 values=${FIRST}`
  it`configurations/environment-moves [createOrUpdateEnvs]: An environment points to one version only, and others stay where they are.
    ${configured}
    updateAgentConfig blueprint=${version(MODEL)}: 201 ->second
    createOrUpdateEnvs envs=[{"env_name":"staging","blueprint_id":$blueprint_id}]: 204
    createOrUpdateEnvs envs=[{"env_name":"staging","blueprint_id":$second}]: 204
    getBlueprintById: 200 envs=["prod"]
    getBlueprintById blueprint_id=$second: 200 envs=["staging"]`
  it`configurations/history [getBlueprintHistory]: The history lists versions without masks, newest first; envs is absent where none points.
    ${configured}
    updateAgentConfig blueprint=${mask(MODEL)}: 201
    updateAgentConfig blueprint=${version(MODEL)}: 201 ->second
    getBlueprintHistory: 200 content.*.id=[$second,$blueprint_id] total=2 content.0.envs= content.1.envs=["prod"]`
  it`configurations/keys-removed [removeConfigKeys]: A version without some keys is the newest one without them.
    ${configured}
    removeConfigKeys keys=["temperature"]: 201
    getLatestBlueprint: 200 name="v2" values=${[MODEL]}
    getBlueprintById: 200 values=${FIRST}`
  it`configurations/last-key-removed [removeConfigKeys]: Without its last key a configuration has a version without values, which is read as any other.
    ${configured}
    removeConfigKeys keys=["temperature","model"]: 201
    getLatestBlueprint: 200 name="v2" values=[]
    getBlueprintHistory: 200 content.length=2`
  it`configurations/timeouts-refused [upsertWorkspaceConfiguration]: A timeout of a workspace that is no duration is 400, one of no time or of more than seven days 422.
    ${nothing}
    upsertWorkspaceConfiguration {"timeout_to_mark_thread_as_inactive":"15 minutes"}: 400
    upsertWorkspaceConfiguration {"timeout_to_mark_thread_as_inactive":"PT0S"}: 422
    upsertWorkspaceConfiguration {"timeout_to_mark_thread_as_inactive":"P8D"}: 422`
  it`configurations/names-in-any-case [getBlueprintByEnv]: Environments and versions are found by their names in any letter case.
    ${configured}
    getBlueprintByEnv env_name="PROD": 200 id=$blueprint_id
    getBlueprintByName name="V1": 200 id=$blueprint_id`

  at('createPromptVersion should')
  it`prompts/name-taken-in-any-case [createPrompt]: A name that the workspace uses already is 409 in any letter case.
    ${createPrompt}
    createPrompt name=$name^: 409`
  it`prompts/commit: The commit of a version is the end of its id, and finds its prompt.
    ${createPrompt}
    retrievePromptVersion: 200 id=$versionId commit=${endOfVersionId}
    getPromptByCommit: 200 id=$id requested_version.id=$versionId requested_version.commit=${endOfVersionId}`
  it`prompts/newest-version [retrievePromptVersion]: Without a commit the newest version is retrieved, with the names in its template.
    ${createPrompt}
    createPromptVersion version={"template":"Hello {{first}} {{last}}"}: 200 id->second prompt_id=$id
    retrievePromptVersion commit=: 200 id=$second variables~["first","last"]
    retrievePromptVersion: 200 id=$versionId`
  it`prompts/versions-listed [getPromptVersions]: The versions of a prompt are listed newest first, and counted.
    ${createPrompt}
    createPromptVersion version={"template":"Hello"}: 200 id->second
    getPromptVersions: 200 content.*.id=[$second,$versionId]
    getPromptById: 200 version_count=2 latest_version.id=$second`
})
