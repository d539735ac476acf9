/** The dialogs that send calls: about runners, about work and its results in the place of the runner, and faults. */
import { useEffect } from 'preact/hooks'
import { send, adminCall, readView } from '../../model/admin-api.js'
import { callOf, NOBODY, keepAlive, pair, pairingCalls, toPairing, type Owner } from '../../model/calls.js'
import { fieldOf, type FormField, type FormLayout, type FormTexts } from '../../model/form.js'
import { go } from '../../model/route.js'
import { textAt, type JsonObject } from '../../../kernel/json-value.js'
import { projects, runners, tallyOf, titleOf, type WorkItem } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { many } from '../../model/labels.js'
import type { RunnerDetail, RunnerView } from '../../../generated/kit-schema.js'
import { useWatched } from '../../model/live.js'
import { operationIds } from '../../../kernel/operation.js'

export function PairDialog() {
  useEffect(() => {
    if (projects.value.size === 0) void wakeDefaultProject()
  }, [])
  const onSubmit = async (values: JsonObject): Promise<string> => {
    const pairing = toPairing(values)
    const projectId = pairing.projectId === '' ? await wakeDefaultProject() : pairing.projectId
    const outcome = await pair({ ...pairing, projectId })
    if ('refused' in outcome) return outcome.refused.problem
    if (values['isKept'] === true) keepAlive(outcome.runnerId, true)
    go({ page: 'world', runner: outcome.runnerId })
    return ''
  }
  const options = [...projects.value.values()].map((project) => [project.id, titleOf(project)] as const)
  const agents = { name: 'agents', label: 'Agents', hint: 'to register, separated by commas', initial: 'echo' }
  return (
    <CallDialog
      title="Pair a runner"
      submit="Pair"
      fields={({ type = 'endpoint' }) => [
        [
          { name: 'name', label: 'Name', isRequired: true, initial: 'console-runner' },
          { name: 'type', label: 'Type', options: types },
        ],
        [
          { name: 'projectId', label: 'Project', options },
          { name: 'user', label: 'User', hint: 'who owns it', initial: NOBODY.user },
        ],
        ...(type === 'endpoint' ? [agents] : []),
        { name: 'isKept', label: 'Send its heartbeats from this page', kind: 'flag', initial: 'true' },
        'It takes the slot of this user, project and type; a runner that holds it is evicted.',
      ]}
      calls={(values) => pairingCalls(toPairing(values))}
      onSubmit={onSubmit}
    />
  )
}

/** A workspace gets its default project when it is first used, which in an empty world has not happened yet. */
async function wakeDefaultProject(): Promise<string> {
  const { body } = await send(callOf('retrieveProject', NOBODY, {}, { name: 'Default Project' }))
  return textAt(body, 'id')
}

const types = [
  ['endpoint', 'endpoint: runs jobs'],
  ['connect', 'connect: runs bridge commands'],
] as const

/** Ends a runner, after saying what that means: as its process would say goodbye, or as one that takes its slot would. */
export function EndDialog({ how, runner }: { how: 'disconnect' | 'evict'; runner: RunnerView }) {
  const { id, name } = runner
  const { job, command } = tallyOf(runner)
  const verb = how === 'evict' ? 'Evict' : 'Disconnect'
  const call =
    how === 'evict' ? adminCall(`POST /runners/${id}/evict`) : callOf('disconnectRunner', runner, { runnerId: id })
  return (
    <CallDialog
      title={`${verb} the runner`}
      action={`${verb} ${name}`}
      submit={verb}
      calls={() => [call]}
      isDanger
      onDone={() => keepAlive(id, false)}
    >
      <p>
        <strong>{name}</strong> goes, and with it {many(job, 'job')} and {many(command, 'command')}: they answer 404
        from then on, and its next heartbeat 410.
      </p>
    </CallDialog>
  )
}

const example = {
  echo: {
    description: 'Answers with its inputs.',
    params: [{ name: 'message', type: 'string', presence: 'required' }],
  },
}

export function RegisterDialog({ runner }: { runner: RunnerView }) {
  const agents = useAgents(runner)
  const known = agents && Object.fromEntries(agents.map(({ name, ...rest }) => [name, rest]))
  const words = { name: 'agents', label: 'Agents by name', hint: 'JSON; replaces the whole set' }
  const initial = known && JSON.stringify(agents.length === 0 ? example : known, null, 2)
  return (
    <CallDialog
      title="Register agents"
      submit="Register"
      fields={() => [{ ...words, kind: 'json', isRequired: true, rows: 14, initial }]}
      calls={(values) => [callOf('registerAgents', runner, { runnerId: runner.id }, values['agents'])]}
    />
  )
}

export function JobDialog({ runner, agent: given }: { runner: RunnerView; agent?: string }) {
  const agents = useAgents(runner) ?? []
  const fields = (texts: FormTexts): FormLayout => {
    const agent = agents.find(({ name }) => name === (texts['agent'] ?? given)) ?? agents[0]
    const inputs = (agent?.params ?? []).map((param): FormField => ({ ...fieldOf(param), name: INPUT + param.name }))
    return [
      {
        name: 'agent',
        label: 'Agent',
        options: agents.map(({ name }) => name),
        initial: given,
        hint: agent?.description,
        isRequired: true,
      },
      ...(inputs.length === 0 ? [json('inputs', 'Inputs', {}, 6)] : inputs),
    ]
  }
  return (
    <CallDialog
      title="New job"
      action="Create job"
      submit="Create job"
      fields={fields}
      calls={(values) => {
        const { agent: agent_name, inputs = inputsIn(values) } = values
        return [callOf('createJob', runner, {}, { project_id: runner.project_id, agent_name, inputs })]
      }}
      onDone={({ location }) => go({ page: 'world', runner: runner.id, job: location?.split('/').at(-1) ?? '' })}
    />
  )
}

/** What the names of fields for inputs begin with, so that an input may have any name. */
const INPUT = 'input '

function inputsIn(values: JsonObject): JsonObject {
  const own = Object.entries(values).filter(([name]) => name.startsWith(INPUT))
  return Object.fromEntries(own.map(([name, value]) => [name.slice(INPUT.length), value]))
}

/** The agents of a runner as it has registered them, which may be a moment after its pairing; undefined until they are read. */
function useAgents({ id }: RunnerView): RunnerDetail['registered'] | undefined {
  const read = () => readView<RunnerDetail>(`/runners/${id}`, 'registered')
  return useWatched(`${id} ${runners.value.get(id)?.agents.join()}`, { read }).value?.registered
}

const examples: Readonly<Record<string, unknown>> = {
  ReadFile: { path: 'README.md' },
  WriteFile: { path: 'notes.txt', content: 'Hello\n' },
  EditFile: { path: 'notes.txt', edits: [{ old_string: 'Hello', new_string: 'Good evening' }] },
  ListFiles: { path: '.', pattern: '**/*', depth: 2 },
  SearchFiles: { pattern: 'TODO', path: '.' },
  Exec: { command: 'ls -la', timeout: 10 },
}

export function CommandDialog({ runner }: { runner: RunnerView }) {
  return (
    <CallDialog
      title="New bridge command"
      action="Send command"
      submit="Send command"
      fields={({ type = 'ReadFile' }) => [
        [
          { name: 'type', label: 'Type', options: Object.keys(examples) },
          { name: 'timeout', label: 'Timeout', hint: 'seconds, optional', kind: 'number' },
        ],
        json(`args of ${type}`, 'Arguments', examples[type], 7),
      ]}
      calls={({ type, timeout: timeout_seconds, ...values }) => {
        const body = { type, args: values[`args of ${String(type)}`], timeout_seconds }
        return [callOf('createBridgeCommand', runner, { runnerId: runner.id }, body)]
      }}
      onDone={({ body }) => go({ page: 'world', runner: runner.id, command: textAt(body, 'command_id') })}
    />
  )
}

function json(name: string, label: string, example: unknown, rows = 4): FormField {
  return { name, label, hint: 'JSON', kind: 'json', rows, initial: JSON.stringify(example, null, 2) }
}

/** Reports as the runner does, how a job or command has ended. */
export function ReportDialog({ work: { kind, id, runner_id: runnerId }, owner }: { work: WorkItem; owner: Owner }) {
  const isJob = kind === 'job'
  const soFar = ['running', 'running, with what is known so far'] as const
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
        { name: 'status', label: 'Status', options: ['completed', 'failed', ...(isJob ? [soFar] : [])] },
        ...(status === 'failed' ? [] : [result]),
        ...(status === 'completed' ? [] : [error]),
        ...(isJob ? [{ name: 'trace_id', label: 'Trace id', hint: 'optional' }] : []),
      ]}
      calls={(body) => [
        isJob
          ? callOf('reportJobResult', owner, { jobId: id }, body)
          : callOf('reportBridgeResult', owner, { runnerId, commandId: id }, body),
      ]}
    />
  )
}

const delay = { label: 'Delay', hint: 'milliseconds', kind: 'number' } as const

/** What each effect is called, as a part of a fault, and the field that it needs. */
const effects: Readonly<
  Record<string, readonly [words: string, of: (values: JsonObject) => object, field?: FormField]>
> = {
  status: [
    'Answer an error',
    ({ status }) => ({ status }),
    { name: 'status', label: 'Status', kind: 'whole', initial: '503' },
  ],
  delay: ['Wait before it goes on', ({ ms }) => ({ delay: { ms } }), { ...delay, name: 'ms', initial: '2000' }],
  'drop-before': ['Drop the connection, nothing happens', () => ({ drop: 'before' })],
  'drop-after': ['Drop the connection when it has taken effect', () => ({ drop: 'after' })],
  hang: ['Never answer', () => ({ hang: true })],
  truncated: ['Break off in the body', () => ({ body: 'truncated' })],
  invalid: ['Answer a body that breaks its schema', () => ({ body: 'invalid' })],
  hold: [
    'Hold answers about a runner back, then give all at once',
    ({ held }) => ({ hold: { ms: held } }),
    { ...delay, name: 'held', initial: '5000' },
  ],
  duplicate: ['Hand out twice', () => ({ duplicate: true })],
  evict: ['Evict the runner', () => ({ evict: true })],
}

const MAX_CHOICES = 500

export function FaultDialog() {
  const choices = Array.from(runners.value.values(), ({ id, name }) => [id, name] as const).slice(0, MAX_CHOICES)
  const named = Object.entries(effects).map(([name, [words]]) => [name, words] as const)
  return (
    <CallDialog
      title="Inject a fault"
      submit="Inject"
      fields={({ effect = 'status' }) => [
        [
          { name: 'operation', label: 'Operation', options: [['', 'every request'], ...operationIds] },
          { name: 'runner', label: 'Runner', options: [['', 'any'], ...choices] },
        ],
        [{ name: 'effect', label: 'Effect', options: named }, effects[effect]?.[2] ?? []].flat(),
        [
          { name: 'times', label: 'Times', hint: 'until cleared when empty', kind: 'whole' },
          { name: 'chance', label: 'Chance', hint: 'percent; always when empty', kind: 'number' },
        ],
      ]}
      calls={(values) => [adminCall('POST /faults', toFault(values))]}
    />
  )
}

function toFault(values: JsonObject): object {
  const { operation, runner, effect, times, chance } = values
  const probability = typeof chance === 'number' ? chance / 100 : undefined
  return { operation, runner, ...effects[String(effect)]?.[1](values), times, probability }
}
