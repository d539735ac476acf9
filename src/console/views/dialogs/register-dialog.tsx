/** Replaces the agents of a runner, in the place of the runner. */
import { useEffect, useState } from 'preact/hooks'
import { act, readAdmin } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { readJson } from '../../model/job-form.js'
import { listOf } from '../../model/body-shape.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { AreaField } from '../../parts/field.js'

const example = {
  echo: {
    description: 'Answers with its inputs.',
    params: [{ name: 'message', type: 'string', presence: 'required' }],
  },
}

/** The dialog. */
export function RegisterDialog({ runnerId, onClose }: { runnerId: string; onClose: () => void }) {
  const [text, setText] = useState('')
  useEffect(() => {
    void readAdmin(`/runners/${runnerId}`).then(({ body }) => {
      const known = Object.fromEntries(listOf(body, 'registered').map(({ name, ...rest }) => [String(name), rest]))
      setText(JSON.stringify(Object.keys(known).length === 0 ? example : known, null, 2))
    })
  }, [runnerId])
  const runner = runners.get(runnerId)
  if (runner === undefined) return null
  const { value, problem } = readJson(text)
  const call = callOf('registerAgents', runner, { runnerId }, value)
  return (
    <CallDialog
      title="Register agents"
      submit="Register"
      calls={[call]}
      obstacle={problem}
      onSubmit={async () => (await act('Register agents', call)).problem}
      onClose={onClose}
    >
      <AreaField
        label="Agents by name"
        hint="JSON; replaces the whole set"
        value={text}
        onChange={setText}
        problem={problem}
        rows={14}
      />
    </CallDialog>
  )
}
