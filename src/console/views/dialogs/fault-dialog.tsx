/** Makes a fault from its parts. */
import { operationIds } from '../../../kernel/operation.js'
import { adminCall } from '../../model/admin-api.js'
import type { FormField, Values } from '../../model/form.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'

const delay = { label: 'Delay', hint: 'milliseconds', kind: 'number' } as const

/** What each effect is called, as a part of a fault, and the field that it needs. */
const effects: Readonly<Record<string, readonly [words: string, of: (values: Values) => object, field?: FormField]>> = {
  status: [
    'Answer an error',
    ({ status }) => ({ status }),
    { name: 'status', label: 'Status', kind: 'whole', initial: '503' },
  ],
  delay: ['Wait before it goes on', ({ ms }) => ({ delay: { ms } }), { ...delay, name: 'ms', initial: '2000' }],
  'drop-before': ['Drop the connection, nothing happens', () => ({ drop: 'before' })],
  'drop-after': ['Drop the connection when it has taken effect', () => ({ drop: 'after' })],
  hang: ['Never answer', () => ({ hang: true })],
  truncated: ['Break off in the body', () => ({ body: 'truncated' })],
  invalid: ['Answer a body that breaks its schema', () => ({ body: 'invalid' })],
  hold: [
    'Hold answers about a runner back, then give all at once',
    ({ held }) => ({ hold: { ms: held } }),
    { ...delay, name: 'held', initial: '5000' },
  ],
  duplicate: ['Hand out twice', () => ({ duplicate: true })],
  evict: ['Evict the runner', () => ({ evict: true })],
}

const MAX_CHOICES = 500

export function FaultDialog() {
  const operations = operationIds.map((id) => [id, id] as const)
  const choices = Array.from(runners.value.values(), ({ id, name }) => [id, name] as const).slice(0, MAX_CHOICES)
  const named = Object.entries(effects).map(([name, [words]]) => [name, words] as const)
  return (
    <CallDialog
      title="Inject a fault"
      submit="Inject"
      fields={({ effect = 'status' }) => [
        [
          { name: 'operation', label: 'Operation', options: [['', 'every request'], ...operations] },
          { name: 'runner', label: 'Runner', options: [['', 'any'], ...choices] },
        ],
        [{ name: 'effect', label: 'Effect', options: named }, effects[effect]?.[2] ?? []].flat(),
        [
          { name: 'times', label: 'Times', hint: 'until cleared when empty', kind: 'whole' },
          { name: 'chance', label: 'Chance', hint: 'percent; always when empty', kind: 'number' },
        ],
      ]}
      calls={(values) => [adminCall('POST /faults', toFault(values))]}
    />
  )
}

function toFault(values: Values): object {
  const { operation, runner, effect, times, chance } = values
  const probability = typeof chance === 'number' ? chance / 100 : undefined
  return { operation, runner, ...effects[String(effect)]?.[1](values), times, probability }
}
