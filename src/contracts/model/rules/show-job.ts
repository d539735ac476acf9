/** Holds a job as a server shows it against the faces that it may have, and learns which it has. */
import { isDeepStrictEqual } from 'node:util'
import { show } from '../../target/expectation.js'
import { fieldOf, isRecord, textOf } from './call.js'
import { facesOf } from './job-states.js'
import { demand, demandEqual, Mismatch } from './mismatch.js'
import { isSameTime } from './shown-time.js'
import { describeStored, fits, seen } from './stored-value.js'
import type { Job, JobFace, Moment } from './model-world.js'

/** Fields that a job has as they were asked for, or not at all. */
const ASKED = ['agent_name', 'project_id', 'inputs', 'mask_id', 'prompt_masks', 'blueprint_name', 'metadata']

/** Refuses a job that is shown otherwise than it may be. */
export function demandJob(job: Job, shown: unknown, now: Moment): void {
  const record = isRecord(shown) ? shown : {}
  demandEqual('id and runner of the job', [record['id'], record['runner_id']], [job.id, job.runnerId])
  for (const field of ASKED) {
    const isSame = Object.hasOwn(record, field) === Object.hasOwn(job.request, field)
    if (!isSame || !isDeepStrictEqual(record[field], job.request[field])) {
      throw new Mismatch(`${field} of the job to be ${show(job.request[field])}`, show(record[field]))
    }
  }
  demandEqual('timeout of the job', record['timeout'], job.timeoutMs / 1000)
  const createdAt = textOf(record, 'created_at')
  demand(isSameTime(job.createdAt, createdAt), 'created_at of the job to stay as it was', createdAt)
  job.createdAt = Date.parse(createdAt)
  const faces = facesOf(job, now)
  const fitting = faces.filter((face) => flawOf(face, record) === undefined)
  if (fitting.length === 0) throw bestFlaw(faces, record)
  job.faces = fitting.map((face) => ({ ...face, result: seen(record, 'result'), error: seen(record, 'error') }))
}

/** The flaw of the face whose status fits, if one does. */
function bestFlaw(faces: readonly JobFace[], record: Readonly<Record<string, unknown>>): Mismatch {
  const [face] = [...faces.filter(({ status }) => status === record['status']), ...faces]
  const statuses = [...new Set(faces.map(({ status }) => status))].join(' or ')
  const flaw = face === undefined ? undefined : flawOf(face, record)
  if (flaw?.expected.startsWith('status') === true)
    return new Mismatch(`status of the job to be ${statuses}`, flaw.actual)
  return flaw ?? new Mismatch('a job that can be', show(record))
}

function flawOf(face: JobFace, record: Readonly<Record<string, unknown>>): Mismatch | undefined {
  const { status, result, error, traceId, hasStarted, ended } = face
  if (record['status'] !== status) return new Mismatch(`status ${status}`, show(record['status']))
  for (const [field, stored] of Object.entries({ result, error })) {
    if (!fits(stored, record, field)) {
      return new Mismatch(`${field} of the ${status} job to be ${describeStored(stored)}`, show(record[field]))
    }
  }
  if (fieldOf(record, 'trace_id') !== traceId) {
    return new Mismatch(`trace_id of the job to be ${traceId ?? 'left out'}`, show(record['trace_id']))
  }
  for (const [field, isThere] of Object.entries({ started_at: hasStarted, completed_at: ended !== undefined })) {
    if (Object.hasOwn(record, field) !== isThere) {
      return new Mismatch(
        `${field} of the ${status} job ${isThere ? 'to be told' : 'to be left out'}`,
        show(record[field]),
      )
    }
  }
  return undefined
}
