/** Fields of a form: a label, something to fill in, and what is wrong with it. And what narrows a list. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Signal } from '@preact/signals'
import { Icon } from './icon.js'

/** What a control needs to belong to its label. */
interface Wiring {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

/** A label, its control, and words about both. */
function Field(props: {
  label: string
  hint?: string | undefined
  problem?: string | undefined
  children: (wiring: Wiring) => ComponentChildren
}) {
  const { label, hint, problem, children } = props
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

/** One line of text. */
export function TextField(props: {
  label: string
  value: string
  onChange: (text: string) => void
  hint?: string | undefined
  problem?: string | undefined
  type?: 'text' | 'number'
  placeholder?: string
}) {
  const { label, value, onChange, hint, problem, type = 'text', placeholder } = props
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(wiring) => (
        <input
          {...wiring}
          type="text"
          inputMode={type === 'number' ? 'decimal' : 'text'}
          value={value}
          placeholder={placeholder}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

/** Several lines of text or JSON. */
export function AreaField(props: {
  label: string
  value: string
  onChange: (text: string) => void
  hint?: string | undefined
  problem?: string | undefined
  rows?: number
}) {
  const { label, value, onChange, hint, problem, rows = 4 } = props
  return (
    <Field label={label} hint={hint} problem={problem}>
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

/** One of several. */
export function SelectField(props: {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  onChange: (value: string) => void
  hint?: string | undefined
}) {
  const { label, value, options, onChange, hint } = props
  return (
    <Field label={label} hint={hint}>
      {(wiring) => (
        <select {...wiring} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          <Options of={options} />
        </select>
      )}
    </Field>
  )
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

/** Yes or no. */
export function CheckField(props: {
  label: string
  value: boolean
  onChange: (value: boolean) => void
  /** Further classes. */
  kind?: string
}) {
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
export function Choice(props: {
  value: Signal<string>
  label: string
  options: readonly (readonly [string, string])[]
}) {
  const { value, label, options } = props
  return (
    <label class="choice">
      <span class="visually-hidden">{label}</span>
      <select value={value.value} onChange={(event) => (value.value = event.currentTarget.value)}>
        <Options of={options} />
      </select>
    </label>
  )
}

function Options({ of }: { of: readonly (readonly [string, string])[] }) {
  return of.map(([key, words]) => (
    <option key={key} value={key}>
      {words}
    </option>
  ))
}
