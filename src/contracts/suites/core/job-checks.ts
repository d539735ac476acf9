// Checks of jobs: what a request becomes, and who may create one. Their life is in job-report-checks.ts and the matrix.
import { checksOn } from './checks-on.js'
import { expectEqual, expectFields, expectStatus } from '../../target/expectation.js'
import { toRecord } from '../../target/answer.js'
import { createdJob, tryJob } from '../../check/check-steps.js'

const UUIDS = ['01', '02', '03', '04'].map((end) => `019f5fa5-d430-7d25-8f73-4c49a1dd4d${end}`)
const [dataset_id = '', dataset_version_id = '', dataset_item_version_id = '', dataset_item_id = ''] = UUIDS
const METADATA = { dataset_id, dataset_version_id, dataset_item_version_id, dataset_item_id }

/** What a request brings, and what the job then shows, where that is not the same; undefined: nothing. */
const FIELDS: Readonly<Record<string, readonly [field: string, what: string, sent: unknown, shown?: unknown]>> = {
  'inputs-object': ['inputs', 'inputs that are an object', { text: 'hi', deep: { list: [1, 'two', false] } }],
  'inputs-nulls': ['inputs', 'nulls inside the inputs', { a: null, b: [null, { c: null }] }],
  'inputs-list': ['inputs', 'inputs that are a list', [1, [2]]],
  'inputs-text': ['inputs', 'inputs that are a text of any letters', 'Grüße, 世界 🌍\n\t"quoted" \\'],
  'inputs-number': ['inputs', 'inputs that are a number', 12.5],
  'inputs-false': ['inputs', 'inputs that are false', false],
  'inputs-zero': ['inputs', 'inputs that are 0', 0],
  'inputs-empty': ['inputs', 'inputs without members', {}],
  'inputs-null': ['inputs', 'inputs that are null', null],
  'mask-id': ['mask_id', 'a mask_id', dataset_id],
  'prompt-masks': ['prompt_masks', 'prompt_masks', { [dataset_id]: dataset_version_id, [dataset_item_id]: dataset_id }],
  'prompt-masks-empty': ['prompt_masks', 'no prompt_masks for an empty map', {}, undefined],
  'blueprint-name': ['blueprint_name', 'a blueprint_name', 'support v2'],
  'blueprint-name-stripped': [
    'blueprint_name',
    'a blueprint_name without the space around it',
    ' \t support v2 \n',
    'support v2',
  ],
  metadata: ['metadata', 'metadata', METADATA],
  'metadata-partly': ['metadata', 'metadata with a single field', { dataset_id }],
}

export const jobChecks = checksOn('createJob job', (it, at) => {
  it`job/minimal [none -> pending]: A new job is pending, with its runner, agent and project, and without any field that has no value.
    pair, createJob, getJob 1`
  it("job/agents-timeout [none -> pending]: A job's timeout is the one that its agent declares.", async (context) => {
    const timeouts = { quick: 7, slow: 86_400 }
    const runner = await context.pair({ agents: { quick: { timeout: 7 }, slow: { timeout: 86_400 } } })
    for (const [agent_name, timeout] of Object.entries(timeouts)) {
      expectFields('the job', await runner.readJob(await runner.createJob({ agent_name })), { timeout })
    }
  })
  it("job/default-timeout [none -> pending]: A job of an agent without a timeout, or with one of 0, gets the server's.", async (context) => {
    const timeout = context.limits.job_timeout_seconds
    const runner = await context.pair({ agents: { none: {}, zero: { timeout: 0 } } })
    for (const agent_name of ['none', 'zero']) {
      expectFields('the job', await runner.readJob(await runner.createJob({ agent_name })), { timeout })
    }
  })
  it('job/timeout-fixed-at-creation [none -> pending should]: An agent that is registered with another timeout does not change the jobs that exist.', async (context) => {
    const { runner, jobId } = await createdJob(context, { agents: { quick: { timeout: 7 } } })
    await runner.register({ quick: { timeout: 9 } })
    expectEqual('timeout of the job', (await runner.readJob(jobId)).timeout, 7)
  })
  it`job/handed-out-as-running [nextJob pending -> running]: A job is handed out as running, with the time of the hand-out, and reads the same from then on.
    pair, createJob, nextJob, getJob 1`

  at('createJob job none -> pending')
  for (const [name, [field, what, sent, ...others]] of Object.entries(FIELDS)) {
    const [shown] = others.length === 0 ? [sent] : others
    // That nothing is shown says nothing of whether the field is known.
    const about = shown === undefined ? '' : ` [field:${field}]`
    // Not a story: the tracker of the rules lets a server go without what is newer than it.
    it(`job/carries-${name}${about}: A job carries ${what} from its request to its readers and to the runner.`, async (_, runner) => {
      const jobId = await runner.createJob({ [field]: sent })
      const read = await runner.readJob(jobId)
      const listed = (await runner.listJobs()).content.find(({ id }) => id === jobId)
      const taken = await runner.takeJob()
      for (const [where, view] of Object.entries({ read, listed, taken, later: await runner.readJob(jobId) })) {
        expectFields(`the job as it is ${where}`, toRecord(view), { [field]: shown })
      }
    })
  }

  at('createJob runner')
  it('job/no-runner [none]: A project without a runner takes no jobs (404).', async (context) =>
    expectStatus(await tryJob(context, { project: await context.newProject() }), 404))
  it('job/unknown-project [none]: A job for a project that does not exist is 404.', async (context) =>
    expectStatus(await tryJob(context, { project: { id: context.random.uuid(), name: '' } }), 404))
  it`job/connect-runner-does-not-count [none]: A project with a connect runner only takes no jobs (404), whatever agents that runner has.
    pair-connect, registerAgents, createJob`
  it`job/unknown-agent-queues-nothing [connected]: A job that is refused for its agent (400) is not queued.
    pair, createJob agent=unknown, listJobs`
  at('createJob')
  it`job/runner-of-its-project: A job goes to the runner of its project, though the caller has others with that agent.
    pair, elsewhere 2: pair, createJob, 2: createJob, getJob 1, 2: getJob 1`
})
