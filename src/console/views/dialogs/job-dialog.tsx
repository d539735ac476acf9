/** Creates a job, with a form made from the agent's parameters. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { RegisteredAgent } from '../../../kernel/types.js'
import { act, readAdmin } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { isRequired, kindOf, readInputs, readJson, type FieldKind } from '../../model/job-form.js'
import { go } from '../../model/route.js'
import { listOf } from '../../model/body-shape.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { AreaField, CheckField, SelectField, TextField } from '../../parts/field.js'

type Params = readonly NonNullable<RegisteredAgent['params']>[number][]

interface InputForm {
  readonly inputs: unknown
  readonly isComplete: boolean
  /** Marks what is missing. */
  readonly complain: () => void
  readonly fields: ComponentChildren
}

/** The dialog. */
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
    void readAdmin(`/runners/${runnerId}`).then(({ body }) => setAgents(listOf(body, 'registered').filter(isAgent)))
  }, [runnerId, names])
  return agents
}

function isAgent(value: unknown): value is RegisteredAgent {
  return typeof value === 'object' && value !== null && 'name' in value && 'timeout' in value
}
