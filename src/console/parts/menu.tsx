/** A button that opens a short list of things to do. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './button.js'

/** What to do, by what it is called. */
export type MenuItems = Readonly<Record<string, () => void>>

export function Menu({ label, icon, items }: { label: string; icon: IconName; items: MenuItems }) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    if (!isOpen) return undefined
    box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
    const onOutside = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setOpen(false)
    }
    document.addEventListener('pointerdown', onOutside)
    return () => document.removeEventListener('pointerdown', onOutside)
  }, [isOpen])
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    // Keys count from the moment at which it opens, before an item has the focus.
    <div class="menu" ref={box} onKeyDown={(event) => isOpen && moveIn(event, close)}>
      <button
        ref={button}
        type="button"
        class="button small"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name={icon} size={14} />
        {label}
        <Icon name="chevron-down" size={12} />
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label}>
          {Object.entries(items).map(([words, onChoose]) => (
            <button
              key={words}
              type="button"
              role="menuitem"
              onClick={() => {
                onChoose()
                close()
              }}
            >
              {words}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function moveIn(event: KeyboardEvent & { currentTarget: HTMLElement }, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=menuitem]')]
  const place = items.findIndex((item) => item === document.activeElement)
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (event.key === 'Escape' || event.key === 'Tab') {
    if (event.key === 'Escape') event.preventDefault()
    event.stopPropagation()
    close()
  } else if (step !== 0) {
    event.preventDefault()
    items[(place + step + items.length) % items.length]?.focus()
  }
}
