/** Pairs a runner, replaces its agents, and ends it. */
import { useEffect } from 'preact/hooks'
import { send, adminCall } from '../../model/admin-api.js'
import { callOf, NOBODY } from '../../model/calls.js'
import type { Values } from '../../model/form.js'
import { keepAlive, pair, previewPairing, type HandPairing } from '../../model/pair-by-hand.js'
import { go } from '../../model/route.js'
import { textAt } from '../../../kernel/json-value.js'
import { projects, runners, tallyOf, titleOf } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { many } from '../../model/labels.js'
import { useAgents } from './work-dialogs.js'

export function PairDialog() {
  useEffect(() => {
    if (projects.value.size === 0) void wakeDefaultProject()
  }, [])
  const onSubmit = async (values: Values): Promise<string> => {
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
      calls={(values) => previewPairing(toPairing(values))}
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

function toPairing(values: Values): HandPairing {
  const projectId = textAt(values, 'projectId')
  const owner = {
    workspace: projects.value.get(projectId)?.workspace ?? NOBODY.workspace,
    user: textAt(values, 'user'),
  }
  const agents = textAt(values, 'agents')
    .split(',')
    .map((agent) => agent.trim())
  const type = values['type'] === 'connect' ? 'connect' : 'endpoint'
  return { name: textAt(values, 'name'), type, projectId, owner, agents: agents.filter((agent) => agent !== '') }
}

/** Ends a runner, after saying what that means: as its process would say goodbye, or as one that takes its slot would. */
export function EndDialog({ how, runnerId }: { how: 'disconnect' | 'evict'; runnerId: string }) {
  const runner = runners.value.get(runnerId)
  if (runner === undefined) return null
  const { job, command } = tallyOf(runner)
  const verb = how === 'evict' ? 'Evict' : 'Disconnect'
  const call =
    how === 'evict' ? adminCall(`POST /runners/${runnerId}/evict`) : callOf('disconnectRunner', runner, { runnerId })
  return (
    <CallDialog
      title={`${verb} the runner`}
      action={`${verb} ${runner.name}`}
      submit={verb}
      calls={() => [call]}
      isDanger
      onDone={() => keepAlive(runnerId, false)}
    >
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
  const agents = useAgents(runnerId)
  const known = agents && Object.fromEntries(agents.map(({ name, ...rest }) => [name, rest]))
  const runner = runners.value.get(runnerId)
  if (runner === undefined) return null
  const words = { name: 'agents', label: 'Agents by name', hint: 'JSON; replaces the whole set' }
  const initial = known && JSON.stringify(agents.length === 0 ? example : known, null, 2)
  return (
    <CallDialog
      title="Register agents"
      submit="Register"
      fields={() => [{ ...words, kind: 'json', isRequired: true, rows: 14, initial }]}
      calls={(values) => [callOf('registerAgents', runner, { runnerId }, values['agents'])]}
    />
  )
}
