/** Fields of a form: a label, something to fill in, and what is wrong with it. And what narrows a list. */
import { useId } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { ALL, type ListChoice, type Filter } from '../model/list-filters.js'
import { flawIn, type FormField, type Options } from '../model/form.js'
import { Icon } from './button.js'

interface Filled<Value = string> {
  readonly value: Value
  readonly onChange: (value: Value) => void
}

interface FieldProps extends Omit<FormField, 'name' | 'initial'>, Filled {
  /** Shown when it is pointed at. */
  readonly about?: string
  readonly look?: string
}

export function Field(field: FieldProps) {
  const { label, hint, value, onChange, options, rows, kind, about, look = '', isRequired = false } = field
  const id = useId()
  if (kind === 'flag' && options === undefined)
    return <CheckField label={label} value={value === 'true'} onChange={(isOn) => onChange(isOn ? 'true' : '')} />
  const written = {
    ...{ id, 'aria-describedby': `${id}-words`, required: isRequired, value, spellcheck: false },
    // The browser tells it, and sends no form that has a flaw.
    ref: (box: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | null) =>
      box?.setCustomValidity(flawIn(field, value)),
    onInput: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  }
  const isNumber = kind === 'number' || kind === 'whole'
  const own =
    kind === 'secret'
      ? ({ type: 'password', autofocus: true } as const)
      : ({ type: 'text', inputMode: isNumber ? 'decimal' : 'text' } as const)
  return (
    <div class={`field ${look}`.trim()} title={about}>
      <div class="field-head">
        <label for={id}>{label}</label>
        <small id={`${id}-words`}>{hint}</small>
      </div>
      {options !== undefined ? (
        <select {...written}>
          <OptionList of={options} />
        </select>
      ) : rows !== undefined ? (
        <textarea {...written} rows={rows} />
      ) : (
        <input {...written} {...own} autocomplete="off" />
      )}
    </div>
  )
}

export function instead(run: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault()
    run()
  }
}

/** What went wrong, read out at once; nothing for ''. */
export function Problem({ words }: { words: string }) {
  if (words === '') return null
  return (
    <p class="problem" role="alert">
      {words}
    </p>
  )
}

export function CheckField(props: { label: string; kind?: string } & Filled<boolean>) {
  const { label, value, onChange, kind = '' } = props
  return (
    <label class={`check ${kind}`.trim()}>
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  )
}

/** Narrows a list as one types; Escape empties it. */
export function Search({ text, label }: { text: Signal<string>; label: string }) {
  return (
    <label class="search">
      <Icon name="search" />
      <span class="visually-hidden">{label}</span>
      <input
        type="search"
        placeholder={label}
        value={text.value}
        spellcheck={false}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') text.value = ''
        }}
      />
    </label>
  )
}

/** What narrows a list: a search, and choices as far as there is more than one value. */
export function Filters<Item>(props: { of: Filter<Item>; kind?: string; children?: ComponentChildren }) {
  const { label, search, choices } = props.of
  return (
    <div class={props.kind ?? 'filters bar'}>
      <Search text={search} label={label} />
      {choices.map((choice) => choice.options().length > 1 && <ChoiceField key={choice.label} choice={choice} />)}
      {props.children}
    </div>
  )
}

/** The label is read to those who cannot see what stands around it. */
function ChoiceField({ choice: { label, chosen, options } }: { choice: Omit<ListChoice<never>, 'of'> }) {
  return (
    <label class="choice">
      <span class="visually-hidden">{label}</span>
      <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
        <OptionList of={[[ALL, `Any ${label.toLowerCase()}`], ...options()]} />
      </select>
    </label>
  )
}

function OptionList({ of }: { of: Options }) {
  return of.map((each) => {
    const [key, words] = typeof each === 'string' ? [each, each] : each
    return (
      <option key={key} value={key}>
        {words}
      </option>
    )
  })
}
