/** Fields of a form: a label, something to fill in, and what is wrong with it. And what narrows a list. */
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import { Icon } from './icon.js'

interface Wiring {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

interface FieldProps {
  readonly label: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
}

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

function Field({ label, hint, problem, children }: FieldProps & { children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId()
  const wiring = { id, 'aria-describedby': `${id}-words`, 'aria-invalid': problem !== undefined }
  return (
    <div class={problem === undefined ? 'field' : 'field wrong'}>
      <div class="field-head">
        <label for={id}>{label}</label>
        <small id={`${id}-words`}>{problem ?? hint}</small>
      </div>
      {children(wiring)}
    </div>
  )
}

export function TextField(props: FieldProps & Filled & { type?: 'text' | 'number' }) {
  const { value, onChange, type = 'text', ...words } = props
  return (
    <Field {...words}>
      {(wiring) => (
        <input
          {...wiring}
          type="text"
          inputMode={type === 'number' ? 'decimal' : 'text'}
          value={value}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export function AreaField({ value, onChange, rows = 4, ...words }: FieldProps & Filled & { rows?: number }) {
  return (
    <Field {...words}>
      {(wiring) => (
        <textarea
          {...wiring}
          rows={rows}
          value={value}
          spellcheck={false}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

export function SelectField({ value, onChange, options, ...words }: FieldProps & Filled & { options: Pairs }) {
  return (
    <Field {...words}>
      {(wiring) => (
        <select {...wiring} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <Options of={options} />
        </select>
      )}
    </Field>
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
