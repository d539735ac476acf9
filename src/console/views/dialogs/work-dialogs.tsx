/** Creates jobs and bridge commands, and reports their results by hand, in the place of the runner. */
import { useState } from 'preact/hooks'
import type { RegisteredAgent } from '../../../kernel/types.js'
import { act, readAdmin } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { isRequired, kindOf, readInputs, readJson } from '../../model/job-form.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { go } from '../../model/route.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { runners, work } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { Field, CheckField, useForm } from '../../parts/field.js'
import { signArgs } from '../../model/pair-by-hand.js'

type Param = NonNullable<RegisteredAgent['params']>[number]

export function JobDialog({ runnerId, agent: given }: { runnerId: string; agent?: string }) {
  const runner = runners.get(runnerId)
  const agents = useAgents(runnerId)
  const [picked, setPicked] = useState(given)
  // A runner that has just been paired presents its agents a moment later.
  const chosen = picked ?? runner?.agents[0] ?? ''
  const agent = agents.find(({ name }) => name === chosen)
  const form = useInputForm(agent?.params ?? [])
  if (runner === undefined) return null
  const body = { project_id: runner.project_id, agent_name: chosen, inputs: form.inputs }
  const call = callOf('createJob', runner, {}, body)
  const onSubmit = async (): Promise<string> => {
    if (chosen === '') return 'This runner has no agents yet.'
    if (!form.isComplete) {
      form.complain()
      return 'Some inputs are missing or wrong.'
    }
    const { isOk, problem, location } = await act(`Create job ${chosen}`, call)
    if (isOk) go({ page: 'world', runner: runnerId, job: location?.split('/').at(-1) ?? '' })
    return problem
  }
  return (
    <CallDialog title="New job" submit="Create job" calls={[call]} onSubmit={onSubmit}>
      <Field
        label="Agent"
        value={chosen}
        options={runner.agents.map((name) => [name, name])}
        onChange={setPicked}
        hint={agent?.description}
      />
      {form.fields}
    </CallDialog>
  )
}

function useInputForm(params: readonly Param[]) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [isRaw, setRaw] = useState(false)
  const [raw, setRawText] = useState('{}')
  const [isTried, setTried] = useState(false)
  const form = readInputs(params, texts)
  const written = readJson(raw)
  const fields = params.map((param) => (
    <ParamField
      key={param.name}
      param={param}
      value={texts[param.name] ?? ''}
      problem={isTried || texts[param.name] !== undefined ? form.problems[param.name] : undefined}
      onChange={(text) => setTexts({ ...texts, [param.name]: text })}
    />
  ))
  const switchTo = (isOn: boolean): void => {
    if (isOn) setRawText(JSON.stringify(form.inputs, null, 2))
    setRaw(isOn)
  }
  return {
    inputs: isRaw ? written.value : form.inputs,
    isComplete: isRaw ? written.problem === undefined : Object.keys(form.problems).length === 0,
    /** Marks what is missing. */
    complain: () => setTried(true),
    fields: (
      <>
        {isRaw ? (
          <Field label="Inputs" hint="JSON" value={raw} onChange={setRawText} problem={written.problem} rows={6} />
        ) : (
          fields
        )}
        {!isRaw && params.length === 0 && <p class="faint">This agent declares no parameters.</p>}
        <CheckField label="Write the inputs as JSON" value={isRaw} onChange={switchTo} />
      </>
    ),
  }
}

function ParamField(props: {
  param: Param
  value: string
  problem: string | undefined
  onChange: (text: string) => void
}) {
  const { param, ...filled } = props
  const kind = kindOf(param)
  const words = { label: param.name, hint: isRequired(param) ? param.type : `${param.type}, optional` }
  if (kind === 'json') return <Field {...words} {...filled} rows={3} />
  if (kind !== 'flag') return <Field {...words} {...filled} type={kind === 'text' ? 'text' : 'number'} />
  const none = ['', isRequired(param) ? 'choose' : 'not given'] as const
  const options = [none, ['true', 'true'], ['false', 'false']] as const
  return <Field {...words} value={filled.value} onChange={filled.onChange} options={options} />
}

function useAgents(runnerId: string): readonly RegisteredAgent[] {
  const read = async () => objectsAt((await readAdmin(`/runners/${runnerId}`)).body, 'registered').filter(isAgent)
  return useWatched(`${runnerId} ${runners.get(runnerId)?.agents.join()}`, { read }).value ?? []
}

function isAgent(value: unknown): value is RegisteredAgent {
  return typeof value === 'object' && value !== null && 'name' in value && 'timeout' in value
}

const examples: Readonly<Record<string, unknown>> = {
  ReadFile: { path: 'README.md' },
  WriteFile: { path: 'notes.txt', content: 'Hello\n' },
  EditFile: { path: 'notes.txt', edits: [{ old_string: 'Hello', new_string: 'Good evening' }] },
  ListFiles: { path: '.', pattern: '**/*', depth: 2 },
  SearchFiles: { pattern: 'TODO', path: '.' },
  Exec: { command: 'ls -la', timeout: 10 },
}

export function CommandDialog({ runnerId }: { runnerId: string }) {
  const runner = runners.get(runnerId)
  const { form, change, of } = useForm({ type: 'ReadFile', args: exampleOf('ReadFile'), timeout: '' })
  const { type, timeout } = form
  if (runner === undefined) return null
  const { value, problem } = readJson(form.args)
  const limit = timeout === '' ? {} : { timeout_seconds: Number(timeout) }
  const callWith = (args: unknown) => callOf('createBridgeCommand', runner, { runnerId }, { type, args, ...limit })
  const onSubmit = async (): Promise<string> => {
    const answer = await act(`Send ${type}`, callWith(await signArgs(runnerId, type, value)))
    if (answer.isOk) go({ page: 'world', runner: runnerId, command: textAt(answer.body, 'command_id') })
    return answer.problem
  }
  return (
    <CallDialog
      title="New bridge command"
      submit="Send command"
      calls={[callWith(value)]}
      obstacle={problem ?? (Number.isNaN(Number(timeout)) ? 'The timeout must be a number.' : undefined)}
      onSubmit={onSubmit}
    >
      <div class="field-row">
        <Field
          label="Type"
          value={type}
          options={Object.keys(examples).map((name) => [name, name])}
          onChange={(name) => change({ type: name, args: exampleOf(name) })}
        />
        <Field label="Timeout" hint="seconds, optional" type="number" {...of('timeout')} />
      </div>
      <Field label="Arguments" hint="JSON" {...of('args')} problem={problem} rows={7} />
    </CallDialog>
  )
}

function exampleOf(type: string): string {
  return JSON.stringify(examples[type] ?? {}, null, 2)
}

export function ReportJobDialog({ id }: { id: string }) {
  const { form, of } = useForm({ status: 'completed', result: '{\n  "answer": 42\n}', error: '', trace: '' })
  const { status, result, error, trace } = form
  const runner = runners.get(work.job.get(id)?.runner_id ?? '')
  if (runner === undefined) return null
  const hasResult = status !== 'failed'
  const { value, problem } = hasResult && result.trim() !== '' ? readJson(result) : {}
  const body = {
    status,
    ...(value === undefined ? {} : { result: value }),
    ...(error === '' || status === 'completed' ? {} : { error }),
    ...(trace === '' ? {} : { trace_id: trace }),
  }
  const call = callOf('reportJobResult', runner, { jobId: id }, body)
  return (
    <CallDialog title="Report a result" action="Report job result" submit="Report" calls={[call]} obstacle={problem}>
      <Field label="Status" {...of('status')} options={[...ENDS, ['running', 'running, with what is known so far']]} />
      {hasResult && <Field rows={4} label="Result" hint="JSON" {...of('result')} problem={problem} />}
      {status !== 'completed' && <Field label="Error" {...of('error')} hint="optional" />}
      <Field label="Trace id" {...of('trace')} hint="optional" />
    </CallDialog>
  )
}

const ENDS = ['completed', 'failed'].map((state) => [state, state] as const)

export function ReportCommandDialog({ id }: { id: string }) {
  const { form, of } = useForm({
    status: 'completed',
    result: '{\n  "content": "Hello",\n  "total_lines": 1\n}',
    error: '{\n  "code": "file_not_found",\n  "message": "No such file"\n}',
  })
  const runner = runners.get(work.command.get(id)?.runner_id ?? '')
  if (runner === undefined) return null
  const { status } = form
  const told = status === 'completed' ? 'result' : 'error'
  const { value, problem } = readJson(form[told])
  const path = { runnerId: runner.id, commandId: id }
  const call = callOf('reportBridgeResult', runner, path, { status, [told]: value })
  return (
    <CallDialog
      title="Report a result"
      action="Report command result"
      submit="Report"
      calls={[call]}
      obstacle={problem}
    >
      <Field label="Status" {...of('status')} options={ENDS} />
      <Field
        rows={4}
        key={told}
        label={told === 'result' ? 'Result' : 'Error'}
        hint="JSON"
        {...of(told)}
        problem={problem}
      />
    </CallDialog>
  )
}
