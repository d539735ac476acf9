/** Makes a fault from its parts. */
import { operationIds } from '../../../kernel/operation.js'
import { ALL } from '../../model/requests/log-filters.js'
import { adminCall } from '../../model/admin-api.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'
import { Field, useForm } from '../../parts/field.js'

const initial = {
  operation: ALL,
  runner: ALL,
  effect: 'status',
  /** The status, or milliseconds. */
  amount: '503',
  times: '',
  /** In percent. */
  chance: '',
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

export function FaultDialog() {
  const { form, change, of } = useForm(initial)
  const { effect, amount } = form
  const choices = Array.from(runners.values(), ({ id, name }) => [id, name] as const).slice(0, MAX_CHOICES)
  const choose = (value: string): void => change({ effect: value, amount: usualAmounts[value] ?? amount })
  return (
    <CallDialog title="Inject a fault" submit="Inject" calls={[adminCall('POST /faults', toFault(form))]}>
      <div class="field-row">
        <Field label="Operation" {...of('operation')} options={operations} />
        <Field label="Runner" {...of('runner')} options={[[ALL, 'any'], ...choices]} />
      </div>
      <div class="field-row">
        <Field label="Effect" value={effect} options={effects} onChange={choose} />
        {effect === 'status' && <Field label="Status" type="number" {...of('amount')} />}
        {(effect === 'delay' || effect === 'hold') && (
          <Field label="Delay" hint="milliseconds" type="number" {...of('amount')} />
        )}
      </div>
      <div class="field-row">
        <Field label="Times" hint="until cleared when empty" type="number" {...of('times')} />
        <Field label="Chance" hint="percent; always when empty" type="number" {...of('chance')} />
      </div>
    </CallDialog>
  )
}

const operations = [[ALL, 'every request'] as const, ...operationIds.map((id) => [id, id] as const)]

/** What stands first where an effect wants a number. */
const usualAmounts: Readonly<Record<string, string>> = { status: '503', delay: '2000', hold: '5000' }

const MAX_CHOICES = 500

function toFault({ operation, runner, effect, amount, times, chance }: typeof initial): Record<string, unknown> {
  return {
    ...(operation === ALL ? {} : { operation }),
    ...(runner === ALL ? {} : { runner }),
    ...effectOf(effect, Number(amount)),
    ...(times === '' ? {} : { times: Number(times) }),
    ...(chance === '' ? {} : { probability: Number(chance) / 100 }),
  }
}

function effectOf(effect: string, amount: number): Record<string, unknown> {
  if (effect === 'status') return { status: amount }
  if (effect === 'delay' || effect === 'hold') return { [effect]: { ms: amount } }
  if (effect.startsWith('drop-')) return { drop: effect.slice('drop-'.length) }
  return effect === 'truncated' || effect === 'invalid' ? { body: effect } : { [effect]: true }
}
