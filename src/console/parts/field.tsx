/** Fields of a form: a label, something to fill in, and what is wrong with it. And what narrows a list. */
import { useId, useState } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import { Icon } from './icon.js'

interface Filled<Value = string> {
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** Values and what they are called, as a list or by value. */
type Pairs = readonly (readonly [value: string, words: string])[] | Readonly<Record<string, string>>

/** The parts of a form, and what a field needs that fills in one of them. */
export function useForm<Parts extends object>(initial: Parts) {
  const [form, setForm] = useState(initial)
  const change = (parts: Partial<Parts>): void => setForm({ ...form, ...parts })
  const of = <Name extends keyof Parts>(name: Name): Filled<Parts[Name]> => ({
    value: form[name],
    onChange: (value) => setForm({ ...form, [name]: value }),
  })
  return { form, change, of }
}

interface FieldOptions extends Filled {
  readonly label: string
  readonly hint?: string | undefined
  /** What is wrong, in the place of the hint. */
  readonly problem?: string | undefined
  /** What can be chosen; any text can be written without it. */
  readonly options?: Pairs
  /** Lines to write in. Default: one. */
  readonly rows?: number
  readonly type?: 'text' | 'number'
}

export function Field({ label, hint, problem, value, onChange, options, rows, type }: FieldOptions) {
  const id = useId()
  const wiring = { id, 'aria-describedby': `${id}-words`, 'aria-invalid': problem !== undefined, value }
  const written = {
    ...{ ...wiring, spellcheck: false },
    onInput: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  }
  return (
    <div class={problem === undefined ? 'field' : 'field wrong'}>
      <div class="field-head">
        <label for={id}>{label}</label>
        <small id={`${id}-words`}>{problem ?? hint}</small>
      </div>
      {options !== undefined ? (
        <select {...wiring} onChange={(event) => onChange(event.currentTarget.value)}>
          <Options of={options} />
        </select>
      ) : rows !== undefined ? (
        <textarea {...written} rows={rows} />
      ) : (
        <input {...written} type="text" inputMode={type === 'number' ? 'decimal' : 'text'} autocomplete="off" />
      )}
    </div>
  )
}

/** A secret, asked for on a page of its own. */
export function SecretField({ label, value, onChange }: { label: string } & Filled) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="password"
        autocomplete="off"
        autofocus
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
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

/** One of several values; the label is read to those who cannot see what stands around it. */
export function Choice({ value, label, options }: { value: Signal<string>; label: string; options: Pairs }) {
  return (
    <label class="choice">
      <span class="visually-hidden">{label}</span>
      <select value={value.value} onChange={(event) => (value.value = event.currentTarget.value)}>
        <Options of={options} />
      </select>
    </label>
  )
}

function Options({ of }: { of: Pairs }) {
  const pairs = Symbol.iterator in of ? of : Object.entries(of)
  return pairs.map(([key, words]) => (
    <option key={key} value={key}>
      {words}
    </option>
  ))
}
