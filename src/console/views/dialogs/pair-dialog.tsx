/** Pairs a runner of either type, with the page in the place of the daemon. */
import { useEffect, useState } from 'preact/hooks'
import type { RunnerType } from '../../../kernel/types.js'
import { send } from '../../model/admin-api.js'
import { callOf, NOBODY } from '../../model/calls.js'
import { keepAlive } from '../../model/keep-alive.js'
import { pair, previewPairing, type Pairing } from '../../model/pair-by-hand.js'
import { go } from '../../model/route.js'
import { textOf } from '../../model/body-shape.js'
import { heedWorld, projects } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { CheckField, SelectField, TextField } from '../../parts/field.js'

interface Draft {
  readonly name: string
  readonly type: RunnerType
  readonly projectId: string
  readonly user: string
  /** Separated by commas. */
  readonly agents: string
  readonly isKept: boolean
}

/** The dialog. */
export function PairDialog({ onClose }: { onClose: () => void }) {
  heedWorld()
  useEffect(() => {
    if (projects.size === 0) void wakeDefaultProject()
  }, [])
  const [draft, setDraft] = useState<Draft>({
    name: 'console-runner',
    type: 'endpoint',
    projectId: '',
    user: NOBODY.user,
    agents: 'echo',
    isKept: true,
  })
  const pairing = toPairing(draft)
  const onSubmit = async (): Promise<string> => {
    const projectId = pairing.projectId === '' ? await wakeDefaultProject() : pairing.projectId
    const outcome = await pair({ ...pairing, projectId })
    if ('refused' in outcome) return outcome.refused.problem
    if (draft.isKept) keepAlive(outcome.runnerId, true)
    go({ page: 'world', runner: outcome.runnerId })
    return ''
  }
  return (
    <CallDialog
      title="Pair a runner"
      submit="Pair"
      calls={previewPairing(pairing)}
      obstacle={draft.name.trim() === '' ? 'A runner needs a name.' : undefined}
      onSubmit={onSubmit}
      onClose={onClose}
    >
      <Fields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
    </CallDialog>
  )
}

/** A workspace gets its default project when it is first used, which in an empty world has not happened yet. */
async function wakeDefaultProject(): Promise<string> {
  const { body } = await send(callOf('retrieveProject', NOBODY, {}, { name: 'Default Project' }))
  return textOf(body, 'id')
}

function toPairing(draft: Draft): Pairing {
  const { name, type, user, agents } = draft
  const projectId = projectOf(draft)
  const workspace = projects.get(projectId)?.workspace ?? NOBODY.workspace
  const names = agents
    .split(',')
    .map((agent) => agent.trim())
    .filter((agent) => agent !== '')
  return {
    name,
    type,
    projectId: projectOf(draft),
    owner: { workspace, user },
    agents: type === 'endpoint' ? names : [],
  }
}

function projectOf({ projectId }: Draft): string {
  return projectId === '' ? (projects.keys().next().value ?? '') : projectId
}

function Fields({ draft, onChange }: { draft: Draft; onChange: (change: Partial<Draft>) => void }) {
  const { name, type, user, agents, isKept } = draft
  return (
    <>
      <div class="field-row">
        <TextField label="Name" value={name} onChange={(text) => onChange({ name: text })} />
        <SelectField
          label="Type"
          value={type}
          options={[
            ['endpoint', 'endpoint: runs jobs'],
            ['connect', 'connect: runs bridge commands'],
          ]}
          onChange={(value) => onChange({ type: value === 'connect' ? 'connect' : 'endpoint' })}
        />
      </div>
      <div class="field-row">
        <SelectField
          label="Project"
          value={projectOf(draft)}
          options={[...projects.values()].map(({ id, name: title, workspace }) => [
            id,
            workspace === NOBODY.workspace ? title : `${title} (${workspace})`,
          ])}
          onChange={(value) => onChange({ projectId: value })}
        />
        <TextField label="User" value={user} onChange={(text) => onChange({ user: text })} hint="who owns it" />
      </div>
      {type === 'endpoint' && (
        <TextField
          label="Agents"
          value={agents}
          onChange={(text) => onChange({ agents: text })}
          hint="to register, separated by commas"
        />
      )}
      <CheckField
        label="Send its heartbeats from this page"
        value={isKept}
        onChange={(isOn) => onChange({ isKept: isOn })}
      />
      <p class="faint">It takes the slot of this user, project and type; a runner that holds it is evicted.</p>
    </>
  )
}
