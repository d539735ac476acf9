/** The limits and time spans, to change while the mock runs. */
import { useState } from 'preact/hooks'
import { descriptions } from '../../../generated/lifecycle-tables.js'
import { Profile as profileForm } from '../../../generated/kit-page.js'
import { settings as declared, type SettingName } from '../../../lifecycle/table.js'
import { act, adminCall, curlOf } from '../../model/admin-api.js'
import { readWorld } from '../../model/live.js'
import { settings, world } from '../../model/world-state.js'
import { Field, Problem, instead } from '../../parts/field.js'
import { Button } from '../../parts/button.js'
import { Curl } from '../../parts/values.js'

const names = Object.keys(declared).filter((name): name is SettingName => Object.hasOwn(declared, name))

export function SettingsCard() {
  const [edits, setEdits] = useState<Readonly<Record<string, string>>>({})
  const [problem, setProblem] = useState('')
  const changes = changesOf(edits)
  const count = Object.keys(changes).length
  const call = adminCall('PATCH /settings', changes)
  const save = async (): Promise<void> => {
    const answer = await act('Change settings', call)
    setProblem(answer.problem)
    if (!answer.isOk) return
    await readWorld()
    setEdits({})
  }
  const defaults = Object.fromEntries(names.map((name) => [name, String(declared[name].default)]))
  const isDefault = names.every((name) => settings.value[name] === declared[name].default)
  return (
    <section class="panel" aria-labelledby="settings-title">
      <form onSubmit={instead(() => void save())}>
        <header class="panel-head">
          <h2 id="settings-title">Settings</h2>
          {!isDefault && <Button words="Defaults" kind="small push" onClick={() => setEdits(defaults)} />}
        </header>
        <div class="settings">
          <Profile />
          {names.map((name) => {
            const value = edits[name] ?? String(settings.value[name] ?? '')
            return (
              <Field
                key={name}
                label={name.replace(/_seconds$/, '').replaceAll('_', ' ')}
                hint={unitOf(name)}
                about={descriptions.settings[name]}
                look={Number(value) === declared[name].default ? 'setting' : 'setting changed'}
                kind="number"
                value={value}
                onChange={(text) => setEdits({ ...edits, [name]: text })}
              />
            )
          })}
        </div>
        {count > 0 && (
          <div class="settings-foot">
            <Curl of="settings" text={() => curlOf(call)} />
            <Problem words={problem} />
            <div class="actions">
              <button type="submit" class="button primary">
                Save {count === 1 ? 'the change' : `${count} changes`}
              </button>
              <Button words="Discard" kind="" onClick={() => setEdits({})} />
            </div>
          </div>
        )}
      </form>
    </section>
  )
}

/** How the mock behaves where servers differ; a choice takes effect at once. */
function Profile() {
  const choose = (name: string) => void act('Change the profile', adminCall('PATCH /settings', { profile: name }))
  return (
    <Field
      label="profile"
      look="setting"
      about="What the mock does where today's servers do what nobody should rely on."
      options={(profileForm.enum ?? []).map(String).map((name) => [name, name])}
      value={world.value?.profile ?? ''}
      onChange={choose}
    />
  )
}

function unitOf(name: SettingName): string {
  return name.endsWith('_seconds') ? 's' : name.endsWith('_per_minute') ? '/min' : name.endsWith('_bytes') ? 'B' : ''
}

/** What differs from the server's settings; a text that is no number as it is. */
function changesOf(edits: Readonly<Record<string, string>>): Record<string, unknown> {
  const changed = Object.entries(edits).filter(([name, text]) => text !== String(settings.value[name]))
  return Object.fromEntries(
    changed.map(([name, text]) => [name, text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)]),
  )
}
