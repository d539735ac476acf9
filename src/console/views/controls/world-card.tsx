/** The world at once: reset, reaper, snapshots. */
import { useState } from 'preact/hooks'
import { act, ADMIN, curlOf } from '../../model/admin-api.js'
import { show } from '../../model/overlay.js'
import { download, restore, restoreCall, snapshots, takeSnapshot, type Kept } from '../../model/snapshots.js'
import { clockTime, many } from '../../model/labels.js'
import { Curl } from '../../parts/curl.js'
import { Icon } from '../../parts/icon.js'
import { ScenarioPart } from './scenario-part.js'

/** The card. */
export function WorldCard() {
  const [problem, setProblem] = useState('')
  return (
    <section class="panel" aria-labelledby="world-title">
      <header class="panel-head">
        <h2 id="world-title">World</h2>
        <button type="button" class="button small quiet push" onClick={() => show({ name: 'deeds' })}>
          <Icon name="list" size={14} />
          What was done
        </button>
      </header>
      <ScenarioPart />
      <h3>Reaper</h3>
      <button
        type="button"
        class="button"
        onClick={() => void act('Run the reaper', { method: 'POST', path: `${ADMIN}/reap` })}
      >
        <Icon name="broom" size={14} />
        Run the reaper
      </button>
      <h3>Snapshots</h3>
      <div class="actions">
        <button type="button" class="button" onClick={() => void takeSnapshot()}>
          <Icon name="save" size={14} />
          Take a snapshot
        </button>
        <FileButton onProblem={setProblem} />
      </div>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul class="snapshot-list">
        {snapshots.value.map((snapshot) => (
          <Snapshot key={snapshot.name} snapshot={snapshot} onProblem={setProblem} />
        ))}
      </ul>
      <Curl
        of="snapshots"
        text={() =>
          `${curlOf({ method: 'GET', path: `${ADMIN}/state` })} > snapshot.json\n\n${curlOf(restoreCall({}))}`
        }
      />
    </section>
  )
}

function Snapshot({ snapshot, onProblem }: { snapshot: Kept; onProblem: (problem: string) => void }) {
  const { name, at, runners, jobs, state } = snapshot
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p class="faint">
          {clockTime(at)}, {many(runners, 'runner')}, {many(jobs, 'job')}
        </p>
      </div>
      <button
        type="button"
        class="button small"
        aria-label={`Load ${name}`}
        onClick={() => void restore(name, state).then((answer) => onProblem(answer.problem))}
      >
        Load
      </button>
      <button
        type="button"
        class="button small quiet icon-only"
        aria-label={`Download ${name}`}
        onClick={() => download(snapshot)}
      >
        <Icon name="save" size={14} />
      </button>
    </li>
  )
}

function FileButton({ onProblem }: { onProblem: (problem: string) => void }) {
  const load = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0]
    if (file === undefined) return
    const state = parse(await file.text())
    input.value = ''
    onProblem(state === undefined ? `${file.name} is no JSON.` : (await restore(file.name, state)).problem)
  }
  return (
    <label class="button file">
      <Icon name="open" size={14} />
      Load a file
      <input
        type="file"
        accept="application/json,.json"
        class="visually-hidden"
        onChange={(event) => void load(event.currentTarget)}
      />
    </label>
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
