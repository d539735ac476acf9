/** Which scenario the world began with, and back to its beginning or over to another. */
import { useState } from 'preact/hooks'
import { act, ADMIN, curlOf, readAdmin } from '../../model/admin-api.js'
import type { Call } from '../../model/to-curl.js'
import { listOf, textOf, type JsonObject } from '../../model/body-shape.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { Curl } from '../../parts/curl.js'
import { SelectField } from '../../parts/field.js'
import { Icon } from '../../parts/icon.js'

interface Known {
  readonly current: string
  readonly scenarios: readonly JsonObject[]
}

/** A choice and a button. */
export function ScenarioPart() {
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const { value } = useWatched<Known>('scenarios', {
    read: async () => {
      const { body } = await readAdmin('/scenarios')
      return { current: textOf(body, 'current'), scenarios: listOf(body, 'scenarios') }
    },
    isAbout: (event) => event.type === 'reset',
  })
  if (value === undefined) return null
  const { current, scenarios } = value
  const name = chosen ?? current
  const isOther = name !== current
  const call: Call = { method: 'POST', path: `${ADMIN}/reset`, body: { scenario: name } }
  const run = async (): Promise<void> => {
    await act(isOther ? `Switch to ${name}` : 'Reset the world', call)
    setChosen(undefined)
  }
  return (
    <div class="scenario">
      <SelectField
        label="Scenario"
        value={name}
        options={scenarios.map((scenario) => [textOf(scenario, 'name'), textOf(scenario, 'name')])}
        onChange={setChosen}
        hint={textOf(
          scenarios.find((scenario) => textOf(scenario, 'name') === name),
          'description',
        )}
      />
      <button type="button" class="button danger" onClick={() => void run()}>
        <Icon name="reset" size={14} />
        {isOther ? 'Switch' : 'Reset'}
      </button>
      <Curl of="reset" text={() => curlOf(call)} />
    </div>
  )
}
