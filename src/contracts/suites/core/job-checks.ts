// Checks of jobs: what a request becomes and who may create one, what a runner reports, cancellation, and logs.
import { checksOn } from './checks-on.js'
import { expectEqual } from '../../target/expectation.js'
import { echoRunner } from '../../check/scenes.js'
import { takenJob, needsLogs } from '../../check/check-steps.js'
import type { LocalRunnerLogEntry } from '../../../kernel/types.js'

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

const RESULTS: Readonly<Record<string, unknown>> = {
  object: { answer: 42, deep: { list: [1, 'two', null] }, none: null },
  list: [1, [2, null]],
  text: 'Grüße, 世界 🌍\n"quoted"',
  number: -0.25,
  false: false,
  zero: 0,
  null: null,
  empty: {},
}

const FAILED = { status: 'failed', error: 'RangeError: größer als 7\n  at answer (agent.ts:12)' } as const
const DONE = { status: 'completed', result: { text: 'ho' } } as const
const trace_id = '019f5fa5-d430-7d25-8f73-4c49a1dd4d01'
const TRACED = { status: 'running', trace_id } as const

const OTHER_TRACE = trace_id.replace('a', 'b')
const late = (status: string) => ({ status, trace_id: OTHER_TRACE, result: 'second', error: 'It broke.' })

function lines(from: number, to: number): LocalRunnerLogEntry[] {
  return Array.from({ length: to - from }, (_, at) => ({
    stream: (from + at) % 3 === 0 ? 'stderr' : 'stdout',
    text: `line ${from + at}`,
  }))
}

const TICK = { stream: 'stdout', text: 'tick' }

const ANY_TEXTS: readonly LocalRunnerLogEntry[] = [
  { stream: 'stdout', text: 'greeting Ada\n' },
  { stream: 'stderr', text: '\u001b[31mred\u001b[0m\r\n\ttabbed' },
  { stream: 'stdout', text: '  spaces around  ' },
  { stream: 'agent.trace', text: 'Grüße, 世界 🌍 "quoted" \\ </script>' },
  { stream: 'stdout', text: 'x'.repeat(20_000) },
]

export const jobChecks = checksOn('createJob job', (it, at) => {
  it`job/minimal [none -> pending]: A new job is pending, with its runner, agent and project, and without any field that has no value.
    pair, createJob, getJob 1`
  it`job/agents-timeout [none -> pending]: A job's timeout is the one that its agent declares.
    pair, registerAgents ${{ quick: { timeout: 7 }, slow: { timeout: 86_400 } }}, createJob ${{ agent_name: 'quick' }},
    createJob ${{ agent_name: 'slow' }}, getJob 1, getJob 2`
  it`job/default-timeout [none -> pending]: A job of an agent without a timeout, or with one of 0, gets the server's.
    pair, registerAgents ${{ none: {}, zero: { timeout: 0 } }}, createJob ${{ agent_name: 'none' }},
    createJob ${{ agent_name: 'zero' }}, getJob 1, getJob 2`
  it`job/timeout-fixed-at-creation [none -> pending should]: An agent that is registered with another timeout does not change the jobs that exist.
    pair, registerAgents ${{ echo: { timeout: 7 } }}, createJob, registerAgents ${{ echo: { timeout: 9 } }}, getJob 1`
  it`job/handed-out-as-running [nextJob pending -> running]: A job is handed out as running, with the time of the hand-out, and reads the same from then on.
    pair, createJob, nextJob, getJob 1`

  at('createJob job none -> pending')
  for (const [name, [field, what, sent, ...others]] of Object.entries(FIELDS)) {
    const [shown] = others.length === 0 ? [sent] : others
    // That nothing is shown says nothing of whether the field is known.
    const about = shown === undefined ? '' : ` [field:${field}]`
    const [sends, shows] = [JSON.stringify(sent), shown === undefined ? '' : JSON.stringify(shown)]
    // Not a story: the tracker of the rules lets a server go without what is newer than it.
    it`job/carries-${name}${about}: A job carries ${what} from its request to its readers and to the runner.
      ${echoRunner}
      createJob ${field}=${sends}: 201 ->jobId
      getJob: 200 ${field}=${shows}
      listJobs: 200 content.0.id=$jobId content.0.${field}=${shows}
      nextJob: 200 id=$jobId ${field}=${shows}
      getJob: 200 ${field}=${shows}`
  }

  at('createJob runner')
  it`job/no-runner [none]: A project without a runner takes no jobs (404).
    createJob`
  it`job/unknown-project [none]: A job for a project that does not exist is 404.
    createJob project_id=?: 404`
  it`job/connect-runner-does-not-count [none]: A project with a connect runner only takes no jobs (404), whatever agents that runner has.
    pair-connect, registerAgents, createJob`
  it`job/unknown-agent-queues-nothing [connected]: A job that is refused for its agent (400) is not queued.
    pair, createJob agent=unknown, listJobs`
  at('createJob')
  it`job/runner-of-its-project: A job goes to the runner of its project, though the caller has others with that agent.
    pair, elsewhere 2: pair, createJob, 2: createJob, getJob 1, 2: getJob 1`

  at('reportJobResult job')
  it`job-reports/completed [running -> completed]: A job reported completed is completed, with its result, its end and all that it had.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ ...DONE, trace_id }}, getJob 1`
  it`job-reports/failed [running -> failed]: A job reported failed is failed, with its error text and its end.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${FAILED}, getJob 1`
  it`job-reports/without-result [running -> completed]: A job may complete without a result, and then shows none.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ status: 'completed' }}, getJob 1`
  it`job-reports/running-stores [running]: A report of running stores result and trace id and leaves the job running, without an end.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ ...TRACED, result: { progress: 0.5 } }}, getJob 1`
  it`job-reports/running-stores-error [running]: A report of running stores an error as well, and the job runs on.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ status: 'running', error: 'Trying again.' }}, getJob 1`
  it`job-reports/running-on-pending [pending]: A report of running on a pending job stores its trace id; the job stays pending and is handed out.
    pair, createJob, reportJobResult 1 ${TRACED}, getJob 1, nextJob`
  it`job-reports/trace-id-survives [running -> completed]: A trace id survives a later result that brings none.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${TRACED}, reportJobResult 1 ${DONE}, getJob 1`
  it`job-reports/trace-id-survives-failure [running -> failed]: A trace id survives a later failure that brings none.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${TRACED}, reportJobResult 1 ${FAILED}, getJob 1`
  it`job-reports/trace-id-survives-cancellation [cancelJob running -> cancelled]: A trace id survives the cancellation of its job.
    pair, createJob, nextJob, reportJobResult 1 ${TRACED}, cancelJob 1, getJob 1`
  it`job-reports/trace-id-replaced [running]: A later trace id replaces an earlier one.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ ...TRACED, trace_id: OTHER_TRACE }},
    reportJobResult 1 ${{ ...DONE, trace_id }}, getJob 1`
  it`job-reports/trace-id-first-with-failure [running -> failed]: A failure that brings the first trace id stores it.
    pair, createJob, nextJob, getJob 1, reportJobResult 1 ${{ ...FAILED, trace_id }}, getJob 1`
  it`job-reports/first-end-counts [completed]: A job that has ended keeps its result, whatever is reported later.
    pair, createJob, nextJob, reportJobResult 1 ${{ ...DONE, trace_id }}, reportJobResult 1 ${late('running')},
    reportJobResult 1 ${late('completed')}, reportJobResult 1 ${late('failed')}, getJob 1`
  it('job-reports/listed-as-read [listJobs]: A list shows each job exactly as reading it does, whatever has become of it.', async (context) => {
    const { runner, jobId: completed } = await takenJob(context)
    await runner.reportJob(completed, { ...DONE, trace_id })
    const [failed, running, pending] = [await runner.createJob(), await runner.createJob(), await runner.createJob()]
    for (let taken = 0; taken < 2; taken++) await runner.takeJob()
    await runner.reportJob(failed, FAILED)
    const read = await Promise.all([pending, running, failed, completed].map((id) => runner.readJob(id)))
    expectEqual('the jobs in the list', (await runner.listJobs()).content, read)
  })
  it`job-reports/of-one-job [running -> completed]: A report ends the job that it names and no other.
    pair, createJob x3, nextJob x2, reportJobResult 1, getJob 2, getJob 3`
  it`job-reports/ended-while-pending [pending -> completed]: A job that is reported ended before it was handed out has ended, and the queue goes on after it.
    pair, createJob x2, reportJobResult 1, getJob 1, nextJob`

  at('reportJobResult job running -> completed')
  for (const [name, result] of Object.entries(RESULTS)) {
    it`job-reports/result-${name}: A result may be any JSON; ${JSON.stringify(result)} comes back as it was.
      pair, createJob, nextJob, reportJobResult 1 ${{ status: 'completed', result }}, getJob 1, listJobs`
  }

  at('cancelJob job')
  it`job-reports/cancelled-leaves-queue [pending -> cancelled]: A pending job that is cancelled is not handed out; the next one is.
    pair, createJob x2, cancelJob 1, nextJob, getJob 1`
  it`job-reports/cancelled-has-an-end [running -> cancelled]: A cancelled job shows when it ended, and neither a result nor an error of its own.
    pair, createJob, nextJob, cancelJob 1, getJob 1`
  it`job-reports/late-result-of-cancelled [reportJobResult cancelled]: A result that comes after the cancellation is 204 and changes nothing.
    pair, createJob, nextJob, cancelJob 1, getJob 1, reportJobResult 1 ${{ ...DONE, trace_id }}, getJob 1`
  it`job-reports/cancel-one-of-many [pending -> cancelled]: A cancellation concerns the job that it names and no other.
    pair, createJob x3, cancelJob 2, nextJob x2`

  at('appendJobLogs job')
  it`job-logs/empty [getJobLogs]: The log of a job that wrote nothing is an empty list.
    pair, createJob, nextJob, getJobLogs 1`
  it`job-logs/equal-entries: Entries that are alike are all kept.
    pair, createJob, nextJob, appendJobLogs 1 ${[TICK, TICK]}, appendJobLogs 1 ${[TICK]}, getJobLogs 1`
  it`job-logs/offset-past-the-end [getJobLogs]: An offset at the end or past it gives an empty list.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 3)}, getJobLogs 1 offset=3, getJobLogs 1 offset=4,
    getJobLogs 1 offset=1000`
  it`job-logs/following [getJobLogs]: A reader who asks from where it stopped sees every entry once.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 4)}, getJobLogs 1, appendJobLogs 1 ${lines(4, 8)},
    getJobLogs 1 offset=4, appendJobLogs 1 ${lines(8, 12)}, getJobLogs 1 offset=8`
  it`job-logs/of-one-job: Each job has a log of its own.
    pair, createJob x2, appendJobLogs 1 ${lines(0, 2)}, appendJobLogs 2 ${lines(5, 6)}, getJobLogs 1, getJobLogs 2`
  it`job-logs/whole-life: A log grows before, during and after the run of its job, and survives its end.
    pair, createJob, appendJobLogs 1 ${lines(0, 1)}, nextJob, appendJobLogs 1 ${lines(1, 2)}, reportJobResult 1,
    appendJobLogs 1 ${lines(2, 3)}, getJobLogs 1`
  it`job-logs/job-unchanged: Appending to the log leaves the job itself as it was.
    pair, createJob, nextJob, getJob 1, appendJobLogs 1, getJob 1`
  at('appendJobLogs job', needsLogs(40))
  it`job-logs/order-in-batch: Entries come back whole, in the order of their batch.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 40)}, getJobLogs 1`
  at('appendJobLogs job', needsLogs(10))
  it`job-logs/order-across-batches: Batches are appended to one another.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 10)}, appendJobLogs 1 ${lines(10, 20)},
    appendJobLogs 1 ${lines(20, 30)}, getJobLogs 1`
  at('getJobLogs job', needsLogs(5))
  it`job-logs/offset: An offset skips as many entries, within a batch and across batches.
    pair, createJob, nextJob, appendJobLogs 1 ${lines(0, 5)},
    appendJobLogs 1 ${lines(5, 10)}${[0, 1, 4, 5, 6, 9].map((offset) => `, getJobLogs 1 offset=${offset}`).join('')}`
  it`job-logs/any-text [appendJobLogs]: Texts of any letters, line ends and terminal colours included, and any stream come back as they were.
    pair, createJob, nextJob, appendJobLogs 1 ${ANY_TEXTS}, getJobLogs 1`
})
