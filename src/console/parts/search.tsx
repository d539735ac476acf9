/** A field to search with, and a choice among few. */
import type { Signal } from '@preact/signals'
import { Icon } from './icon.js'

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
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}
