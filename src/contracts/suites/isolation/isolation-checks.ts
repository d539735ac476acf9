/** What strangers and colleagues may see and do: operation by operation, and through a whole life. */
import { machineOf } from '../../../lifecycle/roles.js'
import { permissions } from '../../../generated/permissions.js'
import { operations } from '../../../kernel/all-operations.js'
import { memberOf } from '../../../kernel/json-value.js'
import { type OperationId, pathParametersOf } from '../../../kernel/operation.js'
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { longEnough } from '../../check/check-steps.js'
import { listCells } from '../core/lifecycle-checks.js'
import { prepareValidRequest, requestOf, type ValidRequest } from '../../check/valid-request.js'
import { ownProject, openedSession, newProject } from '../../check/scenes.js'
import { expectAnyStatus, expectEqual, expectThat, NotRun } from '../../target/expectation.js'

type Other = 'colleague' | 'stranger'

const OTHERS: Readonly<Record<Other, string>> = {
  colleague: 'another user of the workspace',
  stranger: 'a user of another workspace',
}

/** What each operation answers about a resource that does not exist, by the lifecycle tables. */
const ANSWERS: ReadonlyMap<OperationId, number> = new Map(
  listCells()
    .filter(({ state, operation, machine, telling }) => {
      const name = pathParametersOf(operations[operation]).at(-1) ?? ''
      const isUsual = Object.values(telling).every((value) => value === 'completed')
      return state === 'none' && name === machineOf(machine).parameter && isUsual && machine !== 'pairingSession'
    })
    .map(({ operation, rule }) => [operation, rule.answer ?? 404]),
)

async function snapshot({ found: { runner }, path: { jobId, commandId } }: ValidRequest): Promise<unknown> {
  if (runner === undefined) return undefined
  return {
    runner: await runner.read(),
    jobs: (await runner.listJobs()).content,
    logs: jobId === undefined ? [] : await runner.readLogs(jobId),
    command: commandId === undefined ? undefined : await runner.readCommand(commandId),
  }
}

/** Calls that a permission guards, and whose effects are all cleaned up. */
const GUARDED = ['getProjectById', 'findProjects', 'getPrompts', 'getPromptById', 'createPromptVersion'] as const

export const isolationChecks = checksOn('Identity', (it, at) => {
  for (const other of ['colleague', 'stranger'] as const) {
    at('Identity', { other })
    for (const [operation, answer] of ANSWERS) {
      it(`isolation/${other}.${operation} [${operation}]: ${operation} by ${OTHERS[other]} answers ${answer}, as for nothing, and changes nothing.`, async (context) => {
        const valid = await prepareValidRequest(context, operation)
        const before = await snapshot(valid)
        const foreign = await context.raw(requestOf(valid, { identity: other }))
        expectAnyStatus(foreign, [answer])
        expectEqual('what the owner sees', await snapshot(valid), before, foreign)
      })
    }
  }

  at('Identity', { other: 'colleague' })
  it`isolation/activator-owns [activatePairingSession]: Whoever activates a session owns its runner, though somebody else of the workspace has opened it.
    createPairingSession, colleague activatePairingSession, colleague getRunner, getRunner`
  it`isolation/lists-per-user [listRunners]: A list of runners shows and counts the caller's own ones alone.
    pair, colleague listRunners, colleague 2: pair, listRunners, colleague listRunners`
  it`isolation/jobs-need-own-runner [createJob]: A user without a runner in the project cannot have a job run on another's (404).
    pair, colleague createJob, listJobs`
  it`isolation/jobs-go-to-own-runner [createJob]: A job goes to its creator's own runner, though another user's runner in the project has the same agent.
    pair, createJob, colleague 2: pair, colleague 2: createJob, colleague 2: nextJob, nextJob`
  it`isolation/agents-per-user [createJob]: A job names an agent of its creator's own runner: another user's agents do not count (400).
    pair, colleague 2: pair, colleague 2: registerAgents ${{ theirs: {} }}, createJob ${{ agent_name: 'theirs' }}`
  at('activatePairingSession runner', { other: 'colleague' })
  it`isolation/slots-per-user: Two users have runners of one type in one project; neither evicts the other.
    pair, colleague 2: pair, heartbeat, colleague 2: heartbeat, getRunner, colleague getRunner, 2: getRunner,
    colleague 2: getRunner`
  at('heartbeat Identity', { other: 'colleague', when: longEnough('dead_runner_purge_seconds') })
  it`isolation/foreign-heartbeat-renews-nothing: A heartbeat for another user's runner does not keep it alive.
    pair, pass soon, colleague heartbeat declares=jobs, pass rest, getRunner`
  at('nextJob Identity', takes(2, { other: 'colleague', waiting: 1 }))
  it`isolation/foreign-poll-takes-nothing: Another user's poll neither waits for a runner's jobs nor gets one that comes.
    pair, colleague nextJob, createJob, nextJob`

  at('Identity', { other: 'stranger' })
  it`isolation/stranger-cannot-activate [activatePairingSession]: A session of another workspace is 404, with a right proof too; its own workspace can still activate it.
    ${openedSession}
    stranger activatePairingSession: 404
    activatePairingSession: 201
    getRunner: 200
    stranger getRunner: 404`
  it`isolation/stranger-cannot-pair [createPairingSession]: A project of another workspace takes no pairing session (404).
    stranger createPairingSession: 404`
  it`isolation/stranger-cannot-create-jobs [createJob]: A project of another workspace takes no job (404).
    stranger createJob: 404`
  it`isolation/stranger-lists-nothing [listRunners]: A list of another workspace's project shows and counts nothing, or the project is unknown.
    stranger listRunners: as foreignProject content=[] total=0`
  it('isolation/workspaces-have-own-runners [activatePairingSession]: Users of two workspaces pair and work side by side.', async (context, own) => {
    const theirs = await context.pair({ agents: ['echo'], identity: 'stranger' })
    const [ownJob, theirJob] = [await own.createJob(), await theirs.createJob()]
    expectEqual('the jobs of both', [(await own.takeJob()).id, (await theirs.takeJob()).id], [ownJob, theirJob])
    await context.expectCall(200, 'getRunner', { path: { runnerId: theirs.id }, identity: 'stranger' })
    await context.expectCall(404, 'getRunner', { path: { runnerId: theirs.id } })
  })
  it`isolation/projects-per-workspace [getProjectById should]: A project of another workspace is 404 by its id and by its name, and is not found.
    ${ownProject}
    stranger getProjectById: 404
    stranger retrieveProject: 404
    stranger findProjects: 200 content=[]`
  it`isolation/foreign-project-not-deleted [deleteProjectById should]: Deleting a project of another workspace deletes nothing.
    ${newProject}
    stranger deleteProjectById: 204 400 401 403 404 409
    getProjectById: 200`
  it`isolation/traces-per-workspace [getTraceById should]: A trace of another workspace is 404.
    stranger getTraceById: 404`

  at('getWorkspaceUserPermissions Identity should', { other: 'reader' })
  it('isolation/permissions-hold: What a user is told not to be allowed to do is 403, and what a user is told to be allowed to do is not.', async (context) => {
    const identity = 'reader'
    const told = await context.expectCall(200, 'getWorkspaceUserPermissions', { identity })
    const may = new Map(told.permissions.map((each) => [each.permission_name, each.permission_value === 'true']))
    const asked = GUARDED.filter((operation) => may.has(permissions[operation] ?? ''))
    if (asked.length === 0) throw new NotRun('the user is told of no permission that guards a call')
    for (const operation of asked) {
      const answer = await context.raw(requestOf(await prepareValidRequest(context, operation), { identity }))
      const isAllowed = may.get(permissions[operation] ?? '') === true
      const expected = `${operation} to be ${isAllowed ? 'allowed' : 'refused with 403'}`
      expectThat((answer.status === 403) !== isAllowed, expected, answer.status, answer)
      if (isAllowed) continue
      expectThat(memberOf(answer.body, 'code') === 403, 'the code 403 in the body', answer.body, answer)
    }
  })
})
