/** The world at once: its scenario, the reaper, and snapshots, which are kept in the page, or written to files and read. */
import { useState } from 'preact/hooks'
import { signal } from '@preact/signals'
import { act, adminCall, curlOf, readAdmin, type AdminReading } from '../../model/admin-api.js'
import { show } from '../../model/route.js'
import { clockTime, many } from '../../model/labels.js'
import { SentActions } from '../dialogs/overlays.js'
import { Panel } from '../../parts/panel.js'
import type { CurlCall } from '../../model/to-curl.js'
import { objectsAt, textAt } from '../../../kernel/json-value.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { Problem, Field } from '../../parts/field.js'
import { offerFile } from '../../model/platform.js'
import { currentTime } from '../../model/time.js'
import { runners, work } from '../../model/world-state.js'
import { Button, JsonFileButton } from '../../parts/button.js'
import { Curl } from '../../parts/values.js'

export function WorldCard() {
  const [problem, setProblem] = useState('')
  const load = async (name: string, state: unknown): Promise<void> =>
    setProblem(state === undefined ? `${name} is no JSON.` : (await restore(name, state)).problem)
  return (
    <Panel
      title="World"
      head={<Button icon="list" words="History" kind="small quiet push" onClick={() => show(<SentActions />)} />}
    >
      <ScenarioPart />
      <h3>Reaper</h3>
      <Button
        icon="broom"
        words="Run the reaper"
        kind=""
        onClick={() => void act('Run the reaper', adminCall('POST /reap'))}
      />
      <h3>Snapshots</h3>
      <div class="actions">
        <Button icon="save" words="Take a snapshot" kind="" onClick={() => void takeSnapshot()} />
        <JsonFileButton words="Load a file" onFile={(name, state) => void load(name, state)} />
      </div>
      <Problem words={problem} />
      <ul class="snapshot-list">
        {snapshots.value.map((snapshot) => (
          <Snapshot key={snapshot.name} snapshot={snapshot} onProblem={setProblem} />
        ))}
      </ul>
      <Curl
        of="snapshots"
        text={() => `${curlOf(adminCall('GET /state'))} > snapshot.json\n\n${curlOf(restoreCall({}))}`}
      />
    </Panel>
  )
}

function Snapshot({ snapshot, onProblem }: { snapshot: Kept; onProblem: (problem: string) => void }) {
  const { name, at, runners, jobs, state } = snapshot
  const download = () => offerFile(`${name.replaceAll(' ', '-')}.json`, JSON.stringify(state), 'application/json')
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p class="faint">
          {clockTime(at)}, {many(runners, 'runner')}, {many(jobs, 'job')}
        </p>
      </div>
      <Button
        words="Load"
        label={`Load ${name}`}
        onClick={() => void restore(name, state).then((answer) => onProblem(answer.problem))}
      />
      <Button icon="save" label={`Download ${name}`} kind="small" size={14} onClick={download} />
    </li>
  )
}

/** Which scenario the world began with, and back to its beginning or over to another. */
function ScenarioPart() {
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const { value } = useWatched<unknown>('scenarios', {
    read: async () => (await readAdmin('/scenarios')).body,
    isAbout: (event) => event.type === 'reset',
  })
  if (value === undefined) return null
  const [current, scenarios] = [textAt(value, 'current'), objectsAt(value, 'scenarios')]
  const name = chosen ?? current
  const isOther = name !== current
  const call = adminCall('POST /reset', { scenario: name })
  const run = async (): Promise<void> => {
    await act(isOther ? `Switch to ${name}` : 'Reset the world', call)
    setChosen(undefined)
  }
  return (
    <div class="scenario">
      <Field
        label="Scenario"
        value={name}
        options={scenarios.map((scenario) => [textAt(scenario, 'name'), textAt(scenario, 'name')])}
        onChange={setChosen}
        hint={textAt(
          scenarios.find((each) => textAt(each, 'name') === name),
          'description',
        )}
      />
      <Button icon="reset" words={isOther ? 'Switch' : 'Reset'} kind="danger" onClick={() => void run()} />
      <Curl of="reset" text={() => curlOf(call)} />
    </div>
  )
}

interface Kept {
  readonly name: string
  /** Virtual milliseconds. */
  readonly at: number
  readonly runners: number
  readonly jobs: number
  readonly state: unknown
}

const snapshots = signal<readonly Kept[]>([])

async function takeSnapshot(): Promise<void> {
  const name = `snapshot ${snapshots.value.length + 1}`
  const what = { name, at: currentTime(), runners: runners.value.size, jobs: work.job.value.size }
  const { isOk, body } = await act('Take a snapshot', adminCall('GET /state'))
  if (isOk) snapshots.value = [{ ...what, state: body }, ...snapshots.value]
}

function restoreCall(state: unknown): CurlCall {
  return { ...adminCall('PUT /state', state), bodyFile: 'snapshot.json' }
}

function restore(name: string, state: unknown): Promise<AdminReading> {
  return act(`Load ${name}`, restoreCall(state))
}
