// Mistakes about jobs: what they are made of, the order in which they are handed out and listed, reports, logs, pages.
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, isSuccess, itemsOf, membersOf, textIn, withBody, type Members } from '../reply.js'
import {
  editMembers,
  editRequest,
  editRequestBody,
  editResource,
  jobOperations,
  refuseWhen,
  renamesJobs,
  showsInstead,
} from '../spoils.js'
import type { KnownWork } from '../stage.js'

const jobIdOf = ({ path }: Call): string => path['jobId'] ?? ''

const queuesUnknownAgents: Spoil = () => {
  const registered = new Map<string, Members>()
  return async (call) => {
    if (call.operation === 'registerAgents') registered.set(call.path['runnerId'] ?? '', call.members)
    const reply = await call.proceed()
    if (call.operation === 'createJob' && reply.status === 400) {
      for (const agent_name of new Set([...registered.values()].flatMap((agents) => Object.keys(agents))))
        if ((await call.ask('createJob', { body: { ...call.members, agent_name } })).status === 201) break
    }
    return reply
  }
}

export const jobMutants: readonly Mutant[] = mutantsOf((it) => {
  it('job/inputs-only-objects [createJob]: Inputs must be an object; anything else is refused.', () =>
    refuseWhen(400, ({ members }) => 'inputs' in members && !isObject(members['inputs'])))
  it('job/inputs-as-text [nextJob]: The runner gets the inputs as JSON text in a string.', () =>
    editResource((job) => ('inputs' in job ? { ...job, inputs: JSON.stringify(job['inputs']) } : job)))
  it(`job/empty-prompt-masks-shown [getJob listJobs nextJob]: A job without prompt masks shows an empty map of them.`, () =>
    editResource((job) => ({ prompt_masks: {}, ...job })))
  it('job/unknown-agent-queued [createJob registerAgents]: A job for an unknown agent is refused, and queued all the same.', () =>
    queuesUnknownAgents)
  it('job-reports/results-only-objects [reportJobResult]: A result that is no object is wrapped into one.', () =>
    editRequestBody((report) =>
      'result' in report && !isObject(report['result']) ? { ...report, result: { value: report['result'] } } : report,
    ))
  it('job-reports/result-made-up [getJob listJobs]: A job that completes without a result shows null as one.', () =>
    editResource((job) => (job['status'] === 'completed' ? { result: null, ...job } : job)))
  for (const [id, mistake, states] of [
    ['job-reports/last-end-counts', 'A later report replaces the end of a job.', ['completed', 'failed']],
    ['job-reports/result-ends-cancelled-job', 'A result after the cancellation ends the job.', ['cancelled']],
    ['time/late-result-counts', 'A result that comes after the timeout ends the job.', ['failed']],
  ] as const)
    it(`${id} [reportJobResult getJob listJobs]: ${mistake}`, () =>
      showsInstead(async (call, keep, stage) => {
        const isLate = states.some((state) => state === stage.stateOf('job', jobIdOf(call)))
        const reply = await call.proceed()
        const { trace_id: _, ...report } = call.members
        if (isLate && isSuccess(reply)) keep({ error: undefined, ...report })
        return reply
      }))
  it('job-reports/cancel-takes-all [cancelJob]: Cancelling a job cancels whatever its runner has pending.', () =>
    (stage) =>
    async (call) => {
      const others = stage.jobsOf(stage.jobs.get(jobIdOf(call))?.runnerId ?? '', 'pending')
      // The last one is left, lest a poll wait for its whole time.
      for (const { id } of others.slice(0, -1)) await call.ask('cancelJob', { path: { jobId: id } })
      return call.proceed()
    })
  it('job-reports/error-demanded [reportJobResult]: A job that failed must bring a result, too (422).', () =>
    refuseWhen(422, ({ members }) => members['status'] === 'failed' && !('result' in members)))
  it('job-logs/dropped-while-pending [appendJobLogs getJobLogs]: What is logged before the hand-out is dropped.', () =>
    (stage) => {
      const logs = new Map<string, readonly unknown[]>()
      return async (call) => {
        const log = logs.get(jobIdOf(call)) ?? []
        const reply = await call.proceed()
        if (!isSuccess(reply)) return reply
        if (call.operation === 'getJobLogs') return withBody(reply, log.slice(Number(call.query.get('offset') ?? 0)))
        if (stage.stateOf('job', jobIdOf(call)) !== 'pending') logs.set(jobIdOf(call), [...log, ...itemsOf(call.body)])
        return reply
      }
    })
  it('job-logs/counted-in-job [appendJobLogs getJob]: A job shows the last line of its log as an error.', () =>
    showsInstead(async (call, keep) => {
      keep({ error: textIn(itemsOf(call.body).at(-1), 'text') })
      return call.proceed()
    }))
})

/** Hands out the pending job that is chosen. In the mock it stays pending, which nobody looks at who judges the order. */
function handsOut(choose: (pending: readonly KnownWork[]) => KnownWork | undefined): Spoil {
  return (stage) => {
    const taken = new Set<string>()
    return async (call) => {
      const pending = stage.jobsOf(call.path['runnerId'] ?? '', 'pending').filter(({ id }) => !taken.has(id))
      const chosen = choose(pending)
      if (chosen === undefined) return call.proceed()
      taken.add(chosen.id)
      const { body } = await call.ask('getJob', { path: { jobId: chosen.id } })
      return answer(200, { ...membersOf(body), status: 'running', started_at: membersOf(body)['created_at'] })
    }
  }
}

const by =
  (name: string) =>
  (a: unknown, b: unknown): number =>
    textIn(a, name).localeCompare(textIn(b, name))

export const orderingMutants: readonly Mutant[] = mutantsOf((it) => {
  it('ordering/jobs-newest-first [nextJob]: The job that was created last is handed out first.', () =>
    handsOut((pending) => pending.at(-1)))
  it('ordering/jobs-by-agent [nextJob]: Jobs are handed out agent by agent.', () =>
    handsOut((pending) => pending.toSorted((a, b) => by('agent_name')(a.request, b.request))[0]))
  it(`ordering/ids-without-order [${jobOperations.join(' ')} should]: Ids begin with their random part, so that they do not sort by time.`, () =>
    renamesJobs((id) =>
      id.replace(/^[\da-f]{8}-[\da-f]{4}/, (time) =>
        time.replaceAll(/[\da-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16)),
      ),
    ))
})

export const pagingMutants: readonly Mutant[] = mutantsOf((it) => {
  it('paging/listRunners.total-of-the-page [listRunners]: The total of listRunners counts the entries of the page.', () =>
    editMembers((page) => ({ ...page, total: itemsOf(page['content']).length })))
  it('paging/default-size-of-ten [listJobs]: Without a size a page holds ten.', () =>
    editRequest(({ query }) => ({ query: { size: query.get('size') ?? '10' } })))
  it('paging/projects-from-zero [findProjects should]: Pages of projects count from 0.', () =>
    editRequest(({ query }) =>
      query.has('page') ? { query: { page: `${Number(query.get('page')) + 1}` } } : undefined,
    ))
})
