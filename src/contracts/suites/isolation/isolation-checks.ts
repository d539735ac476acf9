/** What strangers and colleagues may see and do: operation by operation, and through a whole life. */
import { machineOf } from '../../../lifecycle/roles.js'
import { permissions } from '../../../generated/permissions.js'
import { operations } from '../../../kernel/all-operations.js'
import { memberOf } from '../../../kernel/json-value.js'
import { type OperationId, pathParametersOf } from '../../../kernel/operation.js'
import { type Check, checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { longEnough, idsOf, tryJob, lapsedSeconds } from '../../check/check-steps.js'
import { listCells } from '../../check/matrix.js'
import { activate, openSession } from '../../check/runner-handle.js'
import { prepareValidRequest, requestOf, type ValidRequest } from '../../check/valid-request.js'
import { alternatives } from '../../target/answer.js'
import {
  expectAnyStatus,
  expectEqual,
  expectStatus,
  expectThat,
  expectFields,
  NotRun,
} from '../../target/expectation.js'
import type { IdentityName } from '../../target/target.js'

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

async function snapshot(context: Context, { runner, path }: ValidRequest): Promise<unknown> {
  if (runner === undefined) return undefined
  const jobs = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
  const commandId = path['commandId']
  const logs =
    path['jobId'] === undefined ? [] : [await context.expectCall(200, 'getJobLogs', { path: { jobId: path['jobId'] } })]
  return {
    runner: await runner.read(),
    jobs: jobs.content,
    logs,
    command: commandId === undefined ? undefined : await runner.readCommand(commandId),
  }
}

export const isolationChecks: readonly Check[] = (['colleague', 'stranger'] as const).flatMap((other) =>
  checksOn('Identity', { other }, (it) => {
    for (const [operation, answer] of ANSWERS) {
      it(`isolation/${other}.${operation} [${operation}]: ${operation} by ${OTHERS[other]} answers ${answer}, as for nothing, and changes nothing.`, async (context) => {
        const valid = await prepareValidRequest(context, operation)
        const before = await snapshot(context, valid)
        const foreign = await context.raw(requestOf(valid, { identity: other }))
        expectAnyStatus(foreign, [answer])
        expectEqual('what the owner sees', await snapshot(context, valid), before, foreign)
      })
    }
  }),
)

async function expectOwnedBy(context: Context, runnerId: string, owner: IdentityName, other: IdentityName) {
  expectStatus(await context.call('getRunner', { path: { runnerId }, identity: owner }), 200)
  expectStatus(await context.call('getRunner', { path: { runnerId }, identity: other }), 404)
}

const colleagueChecks = checksOn('Identity', { other: 'colleague' }, (it, at) => {
  it('isolation/activator-owns [activatePairingSession]: Whoever activates a session owns its runner, though somebody else of the workspace has opened it.', async (context) => {
    const session = await openSession(context)
    expectStatus(await activate(context, session, context.name('runner'), 'colleague'), 201)
    await expectOwnedBy(context, session.runnerId, 'colleague', 'main')
  })
  it("isolation/lists-per-user [listRunners]: A list of runners shows and counts the caller's own ones alone.", async (context) => {
    const project = await context.newProject()
    const own = await context.pair({ project })
    const query = { project_id: project.id }
    const before = await context.expectCall(200, 'listRunners', { query, identity: 'colleague' })
    expectFields('the answer', before, { content: [], total: 0 })
    const theirs = await context.pair({ project, identity: 'colleague' })
    for (const { identity, id } of [own, theirs]) {
      const { content, total } = await context.expectCall(200, 'listRunners', { query, identity })
      expectEqual(`runners and total for ${identity}`, [idsOf(content), total], [[id], 1])
    }
  })
  it("isolation/jobs-need-own-runner [createJob]: A user without a runner in the project cannot have a job run on another's (404).", async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const answer = await tryJob(context, runner, 'echo', 'colleague')
    expectStatus(answer, 404)
    const jobs = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
    expectEqual('how many jobs the runner has', jobs.total, 0, answer)
  })
  it("isolation/jobs-go-to-own-runner [createJob]: A job goes to its creator's own runner, though another user's runner in the project has the same agent.", async (context) => {
    const project = await context.project()
    const own = await context.pair({ project, agents: ['echo'] })
    const theirs = await context.pair({ project, agents: ['echo'], identity: 'colleague' })
    const ownJob = await own.createJob()
    const theirJob = await theirs.createJob()
    expectEqual("runner of the first user's job", (await own.readJob(ownJob)).runner_id, own.id)
    expectEqual("the job of the second user's runner", (await theirs.takeJob()).id, theirJob)
    expectEqual("the job of the first user's runner", (await own.takeJob()).id, ownJob)
  })
  it("isolation/agents-per-user [createJob]: A job names an agent of its creator's own runner: another user's agents do not count (400).", async (context) => {
    const project = await context.project()
    await context.pair({ project, agents: ['own'] })
    await context.pair({ project, agents: ['theirs'], identity: 'colleague' })
    expectStatus(await context.call('createJob', { body: { agent_name: 'theirs', project_id: project.id } }), 400)
  })
  at('activatePairingSession runner', { other: 'colleague' })
  it('isolation/slots-per-user: Two users have runners of one type in one project; neither evicts the other.', async (context) => {
    const project = await context.project()
    const own = await context.pair({ project })
    const theirs = await context.pair({ project, identity: 'colleague' })
    await own.heartbeat()
    await theirs.heartbeat()
    await expectOwnedBy(context, own.id, 'main', 'colleague')
    await expectOwnedBy(context, theirs.id, 'colleague', 'main')
  })
  at('heartbeat Identity', takes(lapsedSeconds, { other: 'colleague', when: longEnough('dead_runner_purge_seconds') }))
  it("isolation/foreign-heartbeat-renews-nothing: A heartbeat for another user's runner does not keep it alive.", async (context) => {
    const runner = await context.pair()
    await context.time.pass(0.6 * context.limits.heartbeat_ttl_seconds)
    const beat = { path: { runnerId: runner.id }, body: { capabilities: ['jobs'] }, identity: 'colleague' as const }
    expectStatus(await context.call('heartbeat', beat), 410)
    await context.time.pass(0.4 * context.limits.heartbeat_ttl_seconds + 1)
    expectEqual('status of the runner', (await runner.read()).status, 'disconnected')
  })
  at('nextJob Identity', takes(2, { other: 'colleague', waiting: 1 }))
  it("isolation/foreign-poll-takes-nothing: Another user's poll neither waits for a runner's jobs nor gets one that comes.", async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = context.open('nextJob', { path: { runnerId: runner.id }, identity: 'colleague' })
    expectStatus(await context.time.within(poll, 2, 'the foreign poll to be refused at once'), 404)
    const jobId = await runner.createJob()
    expectEqual('the job of the runner', (await runner.takeJob()).id, jobId)
  })
})

const strangerChecks = [
  ...checksOn('Identity', { other: 'stranger' }, (it) => {
    it('isolation/stranger-cannot-activate [activatePairingSession]: A session of another workspace is 404, with a right proof too; its own workspace can still activate it.', async (context) => {
      const session = await openSession(context)
      expectStatus(await activate(context, session, context.name('runner'), 'stranger'), 404)
      expectStatus(await activate(context, session, context.name('runner')), 201)
      await expectOwnedBy(context, session.runnerId, 'main', 'stranger')
    })
    it('isolation/stranger-cannot-pair [createPairingSession]: A project of another workspace takes no pairing session (404).', async (context) => {
      const valid = await prepareValidRequest(context, 'createPairingSession')
      expectAnyStatus(await context.raw(requestOf(valid, { identity: 'stranger' })), [404])
    })
    it('isolation/stranger-cannot-create-jobs [createJob]: A project of another workspace takes no job (404).', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      expectStatus(await tryJob(context, runner, 'echo', 'stranger'), 404)
    })
    it("isolation/stranger-lists-nothing [listRunners]: A list of another workspace's project shows and counts nothing, or the project is unknown.", async (context) => {
      const runner = await context.pair()
      const query = { project_id: runner.project.id }
      const answer = await context.call('listRunners', { query, identity: 'stranger' })
      expectAnyStatus(answer, alternatives.foreignProject)
      if (answer.status === 404) return
      expectStatus(answer, 200)
      expectFields('the answer', answer.body, { content: [], total: 0 }, answer)
    })
    it('isolation/workspaces-have-own-runners [activatePairingSession]: Users of two workspaces pair and work side by side.', async (context) => {
      const own = await context.pair({ agents: ['echo'] })
      const theirs = await context.pair({ agents: ['echo'], identity: 'stranger' })
      const [ownJob, theirJob] = [await own.createJob(), await theirs.createJob()]
      expectEqual('the jobs of both', [(await own.takeJob()).id, (await theirs.takeJob()).id], [ownJob, theirJob])
      await expectOwnedBy(context, theirs.id, 'stranger', 'main')
    })
    it('isolation/projects-per-workspace [getProjectById should]: A project of another workspace is 404 by its id and by its name, and is not found.', async (context) => {
      const { id, name } = await context.project()
      const identity = 'stranger'
      expectStatus(await context.call('getProjectById', { path: { id }, identity }), 404)
      expectStatus(await context.call('retrieveProject', { body: { name }, identity }), 404)
      const { content } = await context.expectCall(200, 'findProjects', { query: { name }, identity })
      expectEqual('the projects found', content, [])
    })
    it('isolation/foreign-project-not-deleted [deleteProjectById should]: Deleting a project of another workspace deletes nothing.', async (context) => {
      const { id } = await context.newProject()
      await context.call('deleteProjectById', { path: { id }, identity: 'stranger' })
      expectStatus(await context.call('getProjectById', { path: { id } }), 200)
    })
    it('isolation/traces-per-workspace [getTraceById should]: A trace of another workspace is 404.', async (context) => {
      const valid = await prepareValidRequest(context, 'getTraceById')
      const answer = await context.raw(requestOf(valid, { identity: 'stranger' }))
      expectThat(answer.status === 404, 'status 404', answer.status, answer)
    })
  }),
]

/** Calls that a permission guards, and whose effects are all cleaned up. */
const GUARDED = ['getProjectById', 'findProjects', 'getPrompts', 'getPromptById', 'createPromptVersion'] as const

const readerChecks = [
  ...checksOn('getWorkspaceUserPermissions Identity should', { other: 'reader' }, (it) => {
    it('isolation/permissions-hold: What a user is told not to be allowed to do is 403, and what a user is told to be allowed to do is not.', async (context) => {
      const identity = 'reader'
      const told = await context.expectCall(200, 'getWorkspaceUserPermissions', { identity })
      const may = new Map(told.permissions.map((each) => [each.permission_name, each.permission_value === 'true']))
      const asked = GUARDED.filter((operation) => may.has(permissions[operation] ?? ''))
      if (asked.length === 0) throw new NotRun('the user is told of no permission that guards a call')
      for (const operation of asked) {
        const valid = await prepareValidRequest(context, operation)
        const answer = await context.raw(requestOf(valid, { identity }))
        const isAllowed = may.get(permissions[operation] ?? '') === true
        const expected = `${operation} to be ${isAllowed ? 'allowed' : 'refused with 403'}`
        expectThat((answer.status === 403) !== isAllowed, expected, answer.status, answer)
        if (!isAllowed)
          expectThat(memberOf(answer.body, 'code') === 403, 'the code 403 in the body', answer.body, answer)
      }
    })
  }),
]

export const isolationStoryChecks = [...colleagueChecks, ...strangerChecks, ...readerChecks]
