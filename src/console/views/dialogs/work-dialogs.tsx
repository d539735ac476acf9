/** Creates jobs and bridge commands, and reports their results by hand, in the place of the runner. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { RegisteredAgent } from '../../../kernel/types.js'
import { act, readAdmin } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { isRequired, kindOf, readInputs, readJson, type FieldKind } from '../../model/job-form.js'
import { go } from '../../model/route.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { runners, commands, jobs } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { AreaField, CheckField, SelectField, TextField } from '../../parts/field.js'
import { signArgs } from '../../model/pair-by-hand.js'
import type { CurlCall } from '../../model/to-curl.js'

type Params = readonly NonNullable<RegisteredAgent['params']>[number][]

interface InputForm {
  readonly inputs: unknown
  readonly isComplete: boolean
  /** Marks what is missing. */
  readonly complain: () => void
  readonly fields: ComponentChildren
}

/** Creates a job, with a form made from the agent's parameters. */
export function JobDialog(props: { runnerId: string; agent?: string | undefined; onClose: () => void }) {
  const { runnerId, onClose } = props
  const runner = runners.get(runnerId)
  const agents = useAgents(runnerId)
  const [picked, setPicked] = useState(props.agent)
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
    <CallDialog title="New job" submit="Create job" calls={[call]} onSubmit={onSubmit} onClose={onClose}>
      <SelectField
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

function useInputForm(params: Params): InputForm {
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
      text={texts[param.name] ?? ''}
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
    complain: () => setTried(true),
    fields: (
      <>
        {isRaw ? (
          <AreaField label="Inputs" hint="JSON" value={raw} onChange={setRawText} problem={written.problem} rows={6} />
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
  param: NonNullable<RegisteredAgent['params']>[number]
  text: string
  problem: string | undefined
  onChange: (text: string) => void
}) {
  const { param, text, problem, onChange } = props
  const kind: FieldKind = kindOf(param)
  const hint = isRequired(param) ? param.type : `${param.type}, optional`
  if (kind === 'flag') {
    const options = [
      ['', isRequired(param) ? 'choose' : 'not given'],
      ['true', 'true'],
      ['false', 'false'],
    ] as const
    return <SelectField label={param.name} hint={hint} value={text} options={options} onChange={onChange} />
  }
  if (kind === 'json') {
    return <AreaField label={param.name} hint={hint} value={text} onChange={onChange} problem={problem} rows={3} />
  }
  const type = kind === 'text' ? 'text' : 'number'
  return <TextField label={param.name} hint={hint} type={type} value={text} onChange={onChange} problem={problem} />
}

function useAgents(runnerId: string): readonly RegisteredAgent[] {
  const [agents, setAgents] = useState<readonly RegisteredAgent[]>([])
  const names = runners.get(runnerId)?.agents.join() ?? ''
  useEffect(() => {
    void readAdmin(`/runners/${runnerId}`).then(({ body }) => setAgents(objectsAt(body, 'registered').filter(isAgent)))
  }, [runnerId, names])
  return agents
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

/** Sends a bridge command to a connect runner. */
export function CommandDialog({ runnerId, onClose }: { runnerId: string; onClose: () => void }) {
  const runner = runners.get(runnerId)
  const [type, setType] = useState('ReadFile')
  const [args, setArgs] = useState(exampleOf('ReadFile'))
  const [timeout, setTimeoutText] = useState('')
  if (runner === undefined) return null
  const { value, problem } = readJson(args)
  const seconds = timeout === '' ? undefined : Number(timeout)
  const callWith = (given: unknown) =>
    callOf(
      'createBridgeCommand',
      runner,
      { runnerId },
      { type, args: given, ...(seconds === undefined ? {} : { timeout_seconds: seconds }) },
    )
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
      obstacle={problem ?? (Number.isNaN(seconds) ? 'The timeout must be a number.' : undefined)}
      onSubmit={onSubmit}
      onClose={onClose}
    >
      <div class="field-row">
        <SelectField
          label="Type"
          value={type}
          options={Object.keys(examples).map((name) => [name, name])}
          onChange={(name) => {
            setType(name)
            setArgs(exampleOf(name))
          }}
        />
        <TextField label="Timeout" hint="seconds, optional" type="number" value={timeout} onChange={setTimeoutText} />
      </div>
      <AreaField label="Arguments" hint="JSON" value={args} onChange={setArgs} problem={problem} rows={7} />
    </CallDialog>
  )
}

function exampleOf(type: string): string {
  return JSON.stringify(examples[type] ?? {}, null, 2)
}

/** Reports the result of a job. */
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
      action="Report job result"
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

/** Reports the result of a bridge command. */
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
      action="Report command result"
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
  action: string
  call: CurlCall
  /** What is wrong with the form. */
  problem: string | undefined
  states: readonly (readonly [string, string])[]
  status: string
  setStatus: (status: string) => void
  onClose: () => void
  children: ComponentChildren
}) {
  const { action, call, problem, states, status, setStatus, onClose, children } = props
  return (
    <CallDialog
      title="Report a result"
      submit="Report"
      calls={[call]}
      obstacle={problem}
      onSubmit={async () => (await act(action, call)).problem}
      onClose={onClose}
    >
      <SelectField label="Status" value={status} options={states} onChange={setStatus} />
      {children}
    </CallDialog>
  )
}
