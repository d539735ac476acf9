/** Makes a fault from its parts. */
import { useState } from 'preact/hooks'
import { operationIds } from '../../../kernel/operation.js'
import { ALL } from '../../model/requests/log-filters.js'
import { inject, injectionOf } from '../../model/fault-list.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { SelectField, TextField } from '../../parts/field.js'

interface Draft {
  readonly operation: string
  readonly runner: string
  readonly effect: string
  /** The status, or milliseconds. */
  readonly amount: string
  readonly times: string
  /** In percent. */
  readonly chance: string
}

const effects = [
  ['status', 'Answer an error'],
  ['delay', 'Wait before it goes on'],
  ['drop-before', 'Drop the connection, nothing happens'],
  ['drop-after', 'Drop the connection when it has taken effect'],
  ['hang', 'Never answer'],
  ['truncated', 'Break off in the body'],
  ['invalid', 'Answer a body that breaks its schema'],
  ['hold', 'Hold answers about a runner back, then give all at once'],
  ['duplicate', 'Hand out twice'],
  ['evict', 'Evict the runner'],
] as const

/** The dialog. */
export function FaultDialog({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({
    operation: ALL,
    runner: ALL,
    effect: 'status',
    amount: '503',
    times: '',
    chance: '',
  })
  const fault = toFault(draft)
  return (
    <CallDialog
      title="Inject a fault"
      submit="Inject"
      calls={[injectionOf(fault)]}
      onSubmit={async () => (await inject('Inject a fault', fault)).problem}
      onClose={onClose}
    >
      <Fields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
    </CallDialog>
  )
}

function Fields({ draft, onChange }: { draft: Draft; onChange: (change: Partial<Draft>) => void }) {
  const { operation, runner, effect, amount, times, chance } = draft
  const change = (value: string): void => onChange({ effect: value, amount: usualAmounts[value] ?? amount })
  return (
    <>
      <div class="field-row">
        <SelectField
          label="Operation"
          value={operation}
          options={[[ALL, 'every request'], ...operationIds.map((id) => [id, id] as const)]}
          onChange={(value) => onChange({ operation: value })}
        />
        <SelectField
          label="Runner"
          value={runner}
          options={[
            [ALL, 'any'],
            ...Array.from(runners.values(), ({ id, name }) => [id, name] as const).slice(0, MOST_CHOICES),
          ]}
          onChange={(value) => onChange({ runner: value })}
        />
      </div>
      <div class="field-row">
        <SelectField label="Effect" value={effect} options={effects} onChange={change} />
        {effect === 'status' && (
          <TextField label="Status" type="number" value={amount} onChange={(text) => onChange({ amount: text })} />
        )}
        {(effect === 'delay' || effect === 'hold') && (
          <TextField
            label="Delay"
            hint="milliseconds"
            type="number"
            value={amount}
            onChange={(text) => onChange({ amount: text })}
          />
        )}
      </div>
      <div class="field-row">
        <TextField
          label="Times"
          hint="until cleared when empty"
          type="number"
          value={times}
          onChange={(text) => onChange({ times: text })}
        />
        <TextField
          label="Chance"
          hint="percent; always when empty"
          type="number"
          value={chance}
          onChange={(text) => onChange({ chance: text })}
        />
      </div>
    </>
  )
}

/** What stands first where an effect wants a number. */
const usualAmounts: Readonly<Record<string, string>> = { status: '503', delay: '2000', hold: '5000' }

/** Runners that can be chosen from a list. */
const MOST_CHOICES = 500

function toFault({ operation, runner, effect, amount, times, chance }: Draft): Record<string, unknown> {
  return {
    ...(operation === ALL ? {} : { operation }),
    ...(runner === ALL ? {} : { runner }),
    ...effectOf(effect, Number(amount)),
    ...(times === '' ? {} : { times: Number(times) }),
    ...(chance === '' ? {} : { probability: Number(chance) / 100 }),
  }
}

function effectOf(effect: string, amount: number): Record<string, unknown> {
  switch (effect) {
    case 'status':
      return { status: amount }
    case 'delay':
    case 'hold':
      return { [effect]: { ms: amount } }
    case 'drop-before':
    case 'drop-after':
      return { drop: effect.slice('drop-'.length) }
    case 'truncated':
    case 'invalid':
      return { body: effect }
    default:
      return { [effect]: true }
  }
}
