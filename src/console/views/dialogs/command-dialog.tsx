/** Sends a bridge command to a connect runner. */
import { useState } from 'preact/hooks'
import { act } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { readJson } from '../../model/job-form.js'
import { signArgs } from '../../model/pair-by-hand.js'
import { go } from '../../model/route.js'
import { textOf } from '../../model/body-shape.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { AreaField, SelectField, TextField } from '../../parts/field.js'

const examples: Readonly<Record<string, unknown>> = {
  ReadFile: { path: 'README.md' },
  WriteFile: { path: 'notes.txt', content: 'Hello\n' },
  EditFile: { path: 'notes.txt', edits: [{ old_string: 'Hello', new_string: 'Good evening' }] },
  ListFiles: { path: '.', pattern: '**/*', depth: 2 },
  SearchFiles: { pattern: 'TODO', path: '.' },
  Exec: { command: 'ls -la', timeout: 10 },
}

/** The dialog. */
export function CommandDialog({ runnerId, onClose }: { runnerId: string; onClose: () => void }) {
  const runner = runners.get(runnerId)
  const [type, setType] = useState('ReadFile')
  const [args, setArgs] = useState(exampleOf('ReadFile'))
  const [timeout, setTimeoutText] = useState('')
  if (runner === undefined) return null
  const { value, problem } = readJson(args)
  const seconds = timeout === '' ? undefined : Number(timeout)
  const callWith = (given: unknown) =>
    callOf(
      'createBridgeCommand',
      runner,
      { runnerId },
      { type, args: given, ...(seconds === undefined ? {} : { timeout_seconds: seconds }) },
    )
  const onSubmit = async (): Promise<string> => {
    const answer = await act(`Send ${type}`, callWith(await signArgs(runnerId, type, value)))
    if (answer.isOk) go({ page: 'world', runner: runnerId, command: textOf(answer.body, 'command_id') })
    return answer.problem
  }
  return (
    <CallDialog
      title="New bridge command"
      submit="Send command"
      calls={[callWith(value)]}
      obstacle={problem ?? (Number.isNaN(seconds) ? 'The timeout must be a number.' : undefined)}
      onSubmit={onSubmit}
      onClose={onClose}
    >
      <div class="field-row">
        <SelectField
          label="Type"
          value={type}
          options={Object.keys(examples).map((name) => [name, name])}
          onChange={(name) => {
            setType(name)
            setArgs(exampleOf(name))
          }}
        />
        <TextField label="Timeout" hint="seconds, optional" type="number" value={timeout} onChange={setTimeoutText} />
      </div>
      <AreaField label="Arguments" hint="JSON" value={args} onChange={setArgs} problem={problem} rows={7} />
    </CallDialog>
  )
}

function exampleOf(type: string): string {
  return JSON.stringify(examples[type] ?? {}, null, 2)
}
