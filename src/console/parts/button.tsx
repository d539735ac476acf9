/** Icons, and buttons: with words, with an icon alone, for copies, for files, and for a short list of things to do. */
import { useId, useState } from 'preact/hooks'
import { afterRealTime } from '../../kernel/clock.js'

/** Strokes on a grid of 16, in the colour of the text. They are decoration; words stand beside them. */
const paths = {
  'chevron-left': 'M10 3 5 8l5 5',
  'chevron-down': 'm3 6 5 5 5-5',
  close: 'm4 4 8 8m0-8-8 8',
  copy: 'M6 6h7v7H6zM3.5 10H3V3h7v.5',
  check: 'm3 8.5 3.2 3L13 4.5',
  plus: 'M8 3v10M3 8h10',
  pause: 'M5.5 3.5v9m5-9v9',
  play: 'M5 3.2v9.6L13 8z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9m3.3 7.8 3.2 3.2',
  link: 'M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a3.2 3.2 0 0 1 4.5 4.5L11.5 9m-7-2L3.3 8.2a3.2 3.2 0 0 0 4.5 4.5L9 11.5',
  bolt: 'M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z',
  heart: 'M8 13.2 3 8.3a3 3 0 0 1 4.3-4.3L8 4.7l.7-.7A3 3 0 0 1 13 8.3z',
  list: 'M5.5 4h8m-8 4h8m-8 4h8M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  broom: 'm9.5 6.5 4-4M4 9l3-3 3 3-3 4.5c-2 0-3.5-.5-4.5-1.5z',
  reset: 'M3 3v3.5h3.5M3.3 6.5A5.3 5.3 0 1 1 2.8 9',
  save: 'M8 2v7.5m-3-3 3 3 3-3M2.5 11v2.5h11V11',
  open: 'M8 9.5V2m-3 3 3-3 3 3M2.5 11v2.5h11V11',
  terminal: 'm3.5 4.5 3.5 3.5-3.5 3.5M8.5 12h4',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

/**
 * @param props `label`: read, and shown when it is pointed at, where the words alone do not say enough; `kind`: more classes,
 * by default `small` with words; `onClick`: without it, it sends the form that it stands in
 */
export function Button(props: {
  words?: string | undefined
  icon?: IconName
  label?: string
  kind?: string
  disabled?: boolean
  onClick?: (event: Event) => void
}) {
  const { words, icon, label, disabled, onClick } = props
  const isPlain = words === undefined
  const { kind = isPlain ? '' : 'small' } = props
  return (
    <button
      type={onClick === undefined ? 'submit' : 'button'}
      class={`button ${isPlain ? 'quiet icon-only ' : ''}${kind}`.trim()}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      {icon !== undefined && <Icon name={icon} size={isPlain ? 16 : 14} />}
      {words}
    </button>
  )
}

/** A button that copies a text, which is made when it is pressed. */
export function CopyButton({ text, label, title }: { text: () => string; label?: string; title: string }) {
  const [isDone, setDone] = useState(false)
  const onClick = async (event: Event): Promise<void> => {
    event.stopPropagation()
    if (!(await copy(text()))) return
    setDone(true)
    afterRealTime(1200, () => setDone(false))
  }
  return (
    <Button
      icon={isDone ? 'check' : 'copy'}
      words={isDone && label !== undefined ? 'Copied' : label}
      kind={label === undefined ? '' : 'quiet'}
      label={title}
      onClick={(event) => void onClick(event)}
    />
  )
}

/** Copies a text; false where the page may not: plain http beyond this machine. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** A button that reads a JSON file of the user. `onFile` gets undefined for a file that is not JSON. */
export function JsonFileButton({ words, onFile }: { words: string; onFile: (name: string, value: unknown) => void }) {
  const load = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0]
    if (file === undefined) return
    const value: unknown = await new Response(file).json().catch(() => undefined)
    input.value = ''
    onFile(file.name, value)
  }
  return (
    <label class="button file">
      <Icon name="open" size={14} />
      {words}
      <input
        type="file"
        accept="application/json,.json"
        class="visually-hidden"
        onChange={(event) => void load(event.currentTarget)}
      />
    </label>
  )
}

/** What to do, by what it is called. */
export type MenuItems = Readonly<Record<string, () => void>>

/** The browser opens it, closes it and gives the focus back. */
export function Menu({ label, icon, items }: { label: string; icon: IconName; items: MenuItems }) {
  const id = useId()
  return (
    <>
      <button type="button" class="button small" aria-haspopup="menu" popovertarget={id}>
        <Icon name={icon} size={14} />
        {label}
        <Icon name="chevron-down" size={12} />
      </button>
      <div id={id} popover class="menu-list" role="menu" aria-label={label} onKeyDown={moveIn}>
        {Object.entries(items).map(([words, onChoose], at) => (
          <button
            key={words}
            type="button"
            role="menuitem"
            autofocus={at === 0}
            popovertarget={id}
            popovertargetaction="hide"
            onClick={onChoose}
          >
            {words}
          </button>
        ))}
      </div>
    </>
  )
}

function moveIn(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  // On the page it closes what the menu is about.
  if (event.key === 'Escape') event.stopPropagation()
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')]
  const place = items.findIndex((item) => item === document.activeElement)
  items[(place + step + items.length) % items.length]?.focus()
}
