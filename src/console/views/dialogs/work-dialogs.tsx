/** Creates jobs and bridge commands, and reports their results by hand, in the place of the runner. */
import type { RegisteredAgent } from '../../../kernel/types.js'
import { act, readAdmin, viewWith } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { fieldOf, readForm, type FormField, type FormLayout, type FormTexts, type Values } from '../../model/form.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { go } from '../../model/route.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { runners, work, type WorkItem } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { signArgs } from '../../model/pair-by-hand.js'

export function JobDialog({ runnerId, agent: given }: { runnerId: string; agent?: string }) {
  const runner = runners.value.get(runnerId)
  // A runner that has just been paired presents its agents a moment later.
  const agents = useAgents(runnerId)
  if (runner === undefined) return null
  const fields = (texts: FormTexts): FormLayout => {
    const agent = agents?.find(({ name }) => name === (texts['agent'] ?? given ?? runner.agents[0]))
    const inputs = (agent?.params ?? []).map((param): FormField => ({ ...fieldOf(param), name: INPUT + param.name }))
    const initial = JSON.stringify(inputsIn(readForm(inputs, texts)), null, 2)
    const options = runner.agents.map((name) => [name, name] as const)
    return [
      { name: 'agent', label: 'Agent', options, initial: given, hint: agent?.description, isRequired: true },
      ...(texts['isWritten'] === 'true'
        ? [{ name: 'inputs', label: 'Inputs', hint: 'JSON', kind: 'json', rows: 6, initial } as const]
        : inputs.length === 0
          ? ['This agent declares no parameters.']
          : inputs),
      { name: 'isWritten', label: 'Write the inputs as JSON', kind: 'flag' },
    ]
  }
  const callFor = (values: Values) => {
    const { agent: agent_name, inputs = inputsIn(values) } = values
    return callOf('createJob', runner, {}, { project_id: runner.project_id, agent_name, inputs })
  }
  return (
    <CallDialog
      title="New job"
      action="Create job"
      submit="Create job"
      fields={fields}
      calls={(values) => [callFor(values)]}
      onDone={({ location }) => go({ page: 'world', runner: runnerId, job: location?.split('/').at(-1) ?? '' })}
    />
  )
}

/** What the names of fields for inputs begin with, so that an input may have any name. */
const INPUT = 'input '

function inputsIn(values: Values): Values {
  const own = Object.entries(values).filter(([name]) => name.startsWith(INPUT))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(INPUT.length), value]))
}

/** The agents of a runner as it has registered them; undefined until they are read. */
export function useAgents(runnerId: string): readonly RegisteredAgent[] | undefined {
  const read = async () => objectsAt((await readAdmin(`/runners/${runnerId}`)).body, 'registered').filter(isAgent)
  return useWatched(`${runnerId} ${runners.value.get(runnerId)?.agents.join()}`, { read }).value
}

const isAgent = viewWith<RegisteredAgent>('name', 'timeout')

const examples: Readonly<Record<string, unknown>> = {
  ReadFile: { path: 'README.md' },
  WriteFile: { path: 'notes.txt', content: 'Hello\n' },
  EditFile: { path: 'notes.txt', edits: [{ old_string: 'Hello', new_string: 'Good evening' }] },
  ListFiles: { path: '.', pattern: '**/*', depth: 2 },
  SearchFiles: { pattern: 'TODO', path: '.' },
  Exec: { command: 'ls -la', timeout: 10 },
}

export function CommandDialog({ runnerId }: { runnerId: string }) {
  const runner = runners.value.get(runnerId)
  if (runner === undefined) return null
  const bodyOf = (values: Values) => {
    const { type, timeout: timeout_seconds } = values
    return { type: String(type), args: values[`args of ${String(type)}`], timeout_seconds }
  }
  const callFor = (body: object) => callOf('createBridgeCommand', runner, { runnerId }, body)
  const onSubmit = async (values: Values): Promise<string> => {
    const body = bodyOf(values)
    const args = await signArgs(runnerId, body.type, body.args)
    const answer = await act(`Send ${body.type}`, callFor({ ...body, args }))
    if (answer.isOk) go({ page: 'world', runner: runnerId, command: textAt(answer.body, 'command_id') })
    return answer.problem
  }
  return (
    <CallDialog
      title="New bridge command"
      submit="Send command"
      fields={({ type = 'ReadFile' }) => [
        [
          { name: 'type', label: 'Type', options: Object.keys(examples).map((name) => [name, name]) },
          { name: 'timeout', label: 'Timeout', hint: 'seconds, optional', kind: 'number' },
        ],
        json(`args of ${type}`, 'Arguments', examples[type], 7),
      ]}
      calls={(values) => [callFor(bodyOf(values))]}
      onSubmit={onSubmit}
    />
  )
}

function json(name: string, label: string, example: unknown, rows = 4): FormField {
  return { name, label, hint: 'JSON', kind: 'json', rows, initial: JSON.stringify(example, null, 2) }
}

const ENDS = ['completed', 'failed'].map((state) => [state, state] as const)

/** Reports as the runner does, how a job or command has ended. */
export function ReportDialog({ kind, id }: { kind: WorkItem['kind']; id: string }) {
  const runner = runners.value.get(work[kind].value.get(id)?.runner_id ?? '')
  if (runner === undefined) return null
  const isJob = kind === 'job'
  const ends = isJob ? [...ENDS, ['running', 'running, with what is known so far'] as const] : ENDS
  const result = json('result', 'Result', isJob ? { answer: 42 } : { content: 'Hello', total_lines: 1 })
  const error: FormField = isJob
    ? { name: 'error', label: 'Error', hint: 'optional' }
    : json('error', 'Error', { code: 'file_not_found', message: 'No such file' })
  return (
    <CallDialog
      title="Report a result"
      action={`Report ${kind} result`}
      submit="Report"
      fields={({ status = 'completed' }) => [
        { name: 'status', label: 'Status', options: ends },
        ...(status === 'failed' ? [] : [result]),
        ...(status === 'completed' ? [] : [error]),
        ...(isJob ? [{ name: 'trace_id', label: 'Trace id', hint: 'optional' }] : []),
      ]}
      calls={(body) => [
        isJob
          ? callOf('reportJobResult', runner, { jobId: id }, body)
          : callOf('reportBridgeResult', runner, { runnerId: runner.id, commandId: id }, body),
      ]}
    />
  )
}
