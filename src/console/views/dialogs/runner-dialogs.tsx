/** Pairs a runner, replaces its agents, and ends it. */
import { useEffect, useState } from 'preact/hooks'
import { send, act, adminCall, readAdmin } from '../../model/admin-api.js'
import { callOf, NOBODY } from '../../model/calls.js'
import { keepAlive, pair, previewPairing, type HandPairing } from '../../model/pair-by-hand.js'
import { go } from '../../model/route.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { heedWorld, projects, runners, tallyOf, titleOf } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { CheckField, Field, useForm } from '../../parts/field.js'
import { many } from '../../model/labels.js'
import { readJson } from '../../model/job-form.js'

const initial = {
  name: 'console-runner',
  type: 'endpoint',
  projectId: '',
  user: NOBODY.user,
  /** Separated by commas. */
  agents: 'echo',
  isKept: true,
}

export function PairDialog() {
  heedWorld()
  useEffect(() => {
    if (projects.size === 0) void wakeDefaultProject()
  }, [])
  const { form, of } = useForm(initial)
  const pairing = toPairing(form)
  const onSubmit = async (): Promise<string> => {
    const projectId = pairing.projectId === '' ? await wakeDefaultProject() : pairing.projectId
    const outcome = await pair({ ...pairing, projectId })
    if ('refused' in outcome) return outcome.refused.problem
    if (form.isKept) keepAlive(outcome.runnerId, true)
    go({ page: 'world', runner: outcome.runnerId })
    return ''
  }
  return (
    <CallDialog
      title="Pair a runner"
      submit="Pair"
      calls={previewPairing(pairing)}
      obstacle={form.name.trim() === '' ? 'A runner needs a name.' : undefined}
      onSubmit={onSubmit}
    >
      <div class="field-row">
        <Field label="Name" {...of('name')} />
        <Field label="Type" {...of('type')} options={types} />
      </div>
      <div class="field-row">
        <Field
          label="Project"
          {...of('projectId')}
          value={pairing.projectId}
          options={[...projects.values()].map((project) => [project.id, titleOf(project)])}
        />
        <Field label="User" {...of('user')} hint="who owns it" />
      </div>
      {form.type === 'endpoint' && <Field label="Agents" {...of('agents')} hint="to register, separated by commas" />}
      <CheckField label="Send its heartbeats from this page" {...of('isKept')} />
      <p class="faint">It takes the slot of this user, project and type; a runner that holds it is evicted.</p>
    </CallDialog>
  )
}

/** A workspace gets its default project when it is first used, which in an empty world has not happened yet. */
async function wakeDefaultProject(): Promise<string> {
  const { body } = await send(callOf('retrieveProject', NOBODY, {}, { name: 'Default Project' }))
  return textAt(body, 'id')
}

const types = { endpoint: 'endpoint: runs jobs', connect: 'connect: runs bridge commands' }

function toPairing({ name, type, user, agents, projectId: chosen }: typeof initial): HandPairing {
  const projectId = chosen === '' ? (projects.keys().next().value ?? '') : chosen
  const owner = { workspace: projects.get(projectId)?.workspace ?? NOBODY.workspace, user }
  if (type === 'connect') return { name, type, projectId, owner, agents: [] }
  const names = agents.split(',').map((agent) => agent.trim())
  return { name, type: 'endpoint', projectId, owner, agents: names.filter((agent) => agent !== '') }
}

/** Ends a runner, after saying what that means: as its process would say goodbye, or as one that takes its slot would. */
export function EndDialog({ how, runnerId }: { how: 'disconnect' | 'evict'; runnerId: string }) {
  const runner = runners.get(runnerId)
  if (runner === undefined) return null
  const { job, command } = tallyOf(runner)
  const verb = how === 'evict' ? 'Evict' : 'Disconnect'
  const call =
    how === 'evict' ? adminCall(`POST /runners/${runnerId}/evict`) : callOf('disconnectRunner', runner, { runnerId })
  const onSubmit = async (): Promise<string> => {
    keepAlive(runnerId, false)
    return (await act(`${verb} ${runner.name}`, call)).problem
  }
  return (
    <CallDialog title={`${verb} the runner`} submit={verb} calls={[call]} isDanger onSubmit={onSubmit}>
      <p>
        <strong>{runner.name}</strong> goes, and with it {many(job, 'job')} and {many(command, 'command')}: they answer
        404 from then on, and its next heartbeat 410.
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

export function RegisterDialog({ runnerId }: { runnerId: string }) {
  const [text, setText] = useState('')
  useEffect(() => {
    void readAdmin(`/runners/${runnerId}`).then(({ body }) => {
      const known = Object.fromEntries(objectsAt(body, 'registered').map(({ name, ...rest }) => [String(name), rest]))
      setText(JSON.stringify(Object.keys(known).length === 0 ? example : known, null, 2))
    })
  }, [runnerId])
  const runner = runners.get(runnerId)
  if (runner === undefined) return null
  const { value, problem } = readJson(text)
  const call = callOf('registerAgents', runner, { runnerId }, value)
  return (
    <CallDialog title="Register agents" submit="Register" calls={[call]} obstacle={problem}>
      <Field
        {...{ label: 'Agents by name', hint: 'JSON; replaces the whole set', problem, rows: 14 }}
        value={text}
        onChange={setText}
      />
    </CallDialog>
  )
}
