// Checks of jobs: what a request becomes, and who may create one. Their life is in job-report-checks.ts and the matrix.
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { createdJob, tryJob } from '../../check/check-steps.js'

/** A job as all who can see it do: its reader, the list, and the runner that takes it. */
async function viewsOf(
  context: Context,
  runner: RunnerHandle,
  jobId: string,
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const read = await runner.readJob(jobId)
  const { content } = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
  const listed = content.find(({ id }) => id === jobId)
  const taken = await runner.takeJob()
  const later = await runner.readJob(jobId)
  return {
    'as getJob shows it': { ...read },
    'as listJobs shows it': { ...listed },
    'as nextJob hands it out': { ...taken },
    'as getJob shows it once it runs': { ...later },
  }
}

const UUIDS = [
  '019f5fa5-d430-7d25-8f73-4c49a1dd4d01',
  '019f5fa5-d430-7d25-8f73-4c49a1dd4d02',
  '019f5fa5-d430-7d25-8f73-4c49a1dd4d03',
  '019f5fa5-d430-7d25-8f73-4c49a1dd4d04',
] as const

const METADATA = {
  dataset_id: UUIDS[0],
  dataset_version_id: UUIDS[1],
  dataset_item_version_id: UUIDS[2],
  dataset_item_id: UUIDS[3],
}

/** What a request brings, and what the job then shows; undefined: nothing. */
const FIELDS: Readonly<Record<string, { field: string; sent: unknown; shown: unknown; what: string }>> = {
  'inputs-object': same('inputs', { text: 'hi', deep: { list: [1, 'two', false] } }, 'inputs that are an object'),
  'inputs-nulls': same('inputs', { a: null, b: [null, { c: null }] }, 'nulls inside the inputs'),
  'inputs-list': same('inputs', [1, [2]], 'inputs that are a list'),
  'inputs-text': same('inputs', 'Grüße, 世界 🌍\n\t"quoted" \\', 'inputs that are a text of any letters'),
  'inputs-number': same('inputs', 12.5, 'inputs that are a number'),
  'inputs-false': same('inputs', false, 'inputs that are false'),
  'inputs-zero': same('inputs', 0, 'inputs that are 0'),
  'inputs-empty': same('inputs', {}, 'inputs without members'),
  'inputs-null': same('inputs', null, 'inputs that are null'),
  'mask-id': same('mask_id', UUIDS[0], 'a mask_id'),
  'prompt-masks': same('prompt_masks', { [UUIDS[0]]: UUIDS[1], [UUIDS[2]]: UUIDS[3] }, 'prompt_masks'),
  'prompt-masks-empty': { field: 'prompt_masks', sent: {}, shown: undefined, what: 'no prompt_masks for an empty map' },
  'blueprint-name': same('blueprint_name', 'support v2', 'a blueprint_name'),
  'blueprint-name-stripped': {
    field: 'blueprint_name',
    sent: ' \t support v2 \n',
    shown: 'support v2',
    what: 'a blueprint_name without the space around it',
  },
  metadata: same('metadata', METADATA, 'metadata'),
  'metadata-partly': same('metadata', { dataset_id: UUIDS[0] }, 'metadata with a single field'),
}

function same(field: string, value: unknown, what: string) {
  return { field, sent: value, shown: value, what }
}

export const jobChecks = checksOn('createJob job', (it, at) => {
  it('job/minimal [none -> pending]: A new job is pending, with its runner, agent and project, and without any field that has no value.', async (context) => {
    const { runner, jobId } = await createdJob(context)
    const { created_at, ...job } = await runner.readJob(jobId)
    expectThat(Number.isFinite(Date.parse(created_at)), 'created_at to be a time', created_at)
    expectEqual('the job', job, {
      id: jobId,
      runner_id: runner.id,
      agent_name: 'echo',
      status: 'pending',
      project_id: runner.project.id,
      timeout: context.limits.job_timeout_seconds,
    })
  })
  it("job/agents-timeout [none -> pending]: A job's timeout is the one that its agent declares.", async (context) => {
    const runner = await context.pair({ agents: { quick: { timeout: 7 }, slow: { timeout: 86_400 } } })
    for (const [agent_name, timeout] of Object.entries({ quick: 7, slow: 86_400 })) {
      const jobId = await runner.createJob({ agent_name })
      expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, timeout)
    }
  })
  it("job/default-timeout [none -> pending]: A job of an agent without a timeout, or with one of 0, gets the server's.", async (context) => {
    const runner = await context.pair({ agents: { none: {}, zero: { timeout: 0 } } })
    for (const agent_name of ['none', 'zero']) {
      const jobId = await runner.createJob({ agent_name })
      expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, context.limits.job_timeout_seconds)
    }
  })
  it('job/timeout-fixed-at-creation [none -> pending should]: An agent that is registered with another timeout does not change the jobs that exist.', async (context) => {
    const { runner, jobId } = await createdJob(context, { agents: { quick: { timeout: 7 } } })
    await runner.register({ quick: { timeout: 9 } })
    expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, 7)
  })
  it('job/handed-out-as-running [nextJob pending -> running]: A job is handed out as running, with the time of the hand-out, and reads the same from then on.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await runner.createJob({ inputs: { text: 'hi' } })
    const taken = await runner.takeJob()
    expectEqual('status of the job handed out', taken.status, 'running')
    expectThat(taken.started_at !== undefined, 'started_at to be set', taken)
    expectEqual('the job', await runner.readJob(taken.id), taken)
  })

  at('createJob job none -> pending')
  for (const [name, { field, sent, shown, what }] of Object.entries(FIELDS)) {
    // That nothing is shown says nothing of whether the field is known.
    const about = shown === undefined ? '' : ` [field:${field}]`
    it(`job/carries-${name}${about}: A job carries ${what} from its request to its readers and to the runner.`, async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      const jobId = await runner.createJob({ [field]: sent })
      const views = await viewsOf(context, runner, jobId)
      for (const [where, view] of Object.entries(views)) expectEqual(`${field} ${where}`, view[field], shown)
    })
  }

  at('createJob runner')
  it('job/no-runner [none]: A project without a runner takes no jobs (404).', async (context) => {
    const { id } = await context.newProject()
    expectStatus(await context.call('createJob', { body: { agent_name: 'echo', project_id: id } }), 404)
  })
  it('job/unknown-project [none]: A job for a project that does not exist is 404.', async (context) => {
    const body = { agent_name: 'echo', project_id: context.random.uuid() }
    expectStatus(await context.call('createJob', { body }), 404)
  })
  it('job/connect-runner-does-not-count [none]: A project with a connect runner only takes no jobs (404), whatever agents that runner has.', async (context) => {
    const project = await context.newProject()
    await context.pair({ project, type: 'connect', agents: ['echo'], capabilities: ['jobs', 'bridge'] })
    expectStatus(await context.call('createJob', { body: { agent_name: 'echo', project_id: project.id } }), 404)
  })
  it('job/unknown-agent-queues-nothing [connected]: A job that is refused for its agent (400) is not queued.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    expectStatus(await tryJob(context, runner, 'contract-unknown'), 400)
    const jobs = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id } })
    expectEqual('how many jobs there are', jobs.total, 0)
  })
  at('createJob')
  it('job/runner-of-its-project: A job goes to the runner of its project, though the caller has others with that agent.', async (context) => {
    const first = await context.pair({ agents: ['echo'] })
    const second = await context.pair({ agents: ['echo'], project: await context.newProject() })
    for (const runner of [first, second]) {
      const job = await runner.readJob(await runner.createJob())
      expectFields('the job', job, { runner_id: runner.id, project_id: runner.project.id })
    }
  })
})
