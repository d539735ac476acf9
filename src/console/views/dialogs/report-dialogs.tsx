/** Reports a result by hand, in the place of the runner. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { act } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import type { Call } from '../../model/to-curl.js'
import { readJson } from '../../model/job-form.js'
import { commands, jobs, runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { AreaField, SelectField, TextField } from '../../parts/field.js'

/** For a job. */
export function ReportJobDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const [status, setStatus] = useState('completed')
  const [result, setResult] = useState('{\n  "answer": 42\n}')
  const [error, setError] = useState('')
  const [trace, setTrace] = useState('')
  const runner = runners.get(jobs.get(id)?.runner_id ?? '')
  if (runner === undefined) return null
  const hasResult = status !== 'failed'
  const { value, problem } =
    !hasResult || result.trim() === '' ? { value: undefined, problem: undefined } : readJson(result)
  const body = {
    status,
    ...(value === undefined ? {} : { result: value }),
    ...(error === '' || status === 'completed' ? {} : { error }),
    ...(trace === '' ? {} : { trace_id: trace }),
  }
  return (
    <ReportDialog
      deed="Report job result"
      call={callOf('reportJobResult', runner, { jobId: id }, body)}
      problem={problem}
      states={[
        ['completed', 'completed'],
        ['failed', 'failed'],
        ['running', 'running, with what is known so far'],
      ]}
      {...{ status, setStatus, onClose }}
    >
      {hasResult && <AreaField label="Result" hint="JSON" value={result} onChange={setResult} problem={problem} />}
      {status !== 'completed' && <TextField label="Error" value={error} onChange={setError} hint="optional" />}
      <TextField label="Trace id" value={trace} onChange={setTrace} hint="optional" />
    </ReportDialog>
  )
}

/** For a bridge command. */
export function ReportCommandDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const [status, setStatus] = useState('completed')
  const [result, setResult] = useState('{\n  "content": "Hello",\n  "total_lines": 1\n}')
  const [error, setError] = useState('{\n  "code": "file_not_found",\n  "message": "No such file"\n}')
  const runner = runners.get(commands.get(id)?.runner_id ?? '')
  if (runner === undefined) return null
  const isGood = status === 'completed'
  const { value, problem } = readJson(isGood ? result : error)
  const body = { status, ...(isGood ? { result: value } : { error: value }) }
  return (
    <ReportDialog
      deed="Report command result"
      call={callOf('reportBridgeResult', runner, { runnerId: runner.id, commandId: id }, body)}
      problem={problem}
      states={[
        ['completed', 'completed'],
        ['failed', 'failed'],
      ]}
      {...{ status, setStatus, onClose }}
    >
      {isGood ? (
        <AreaField label="Result" hint="JSON" value={result} onChange={setResult} problem={problem} />
      ) : (
        <AreaField label="Error" hint="JSON" value={error} onChange={setError} problem={problem} />
      )}
    </ReportDialog>
  )
}

/** What both have: a status, and below it what belongs to that. */
function ReportDialog(props: {
  deed: string
  call: Call
  /** What is wrong with the form. */
  problem: string | undefined
  states: readonly (readonly [string, string])[]
  status: string
  setStatus: (status: string) => void
  onClose: () => void
  children: ComponentChildren
}) {
  const { deed, call, problem, states, status, setStatus, onClose, children } = props
  return (
    <CallDialog
      title="Report a result"
      submit="Report"
      calls={[call]}
      obstacle={problem}
      onSubmit={async () => (await act(deed, call)).problem}
      onClose={onClose}
    >
      <SelectField label="Status" value={status} options={states} onChange={setStatus} />
      {children}
    </CallDialog>
  )
}
