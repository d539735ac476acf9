/** Tabs after the pattern that assistive software knows: arrows move between them, Tab leaves them. */
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

export interface Tab {
  readonly id: string
  readonly label: string
  readonly count?: number
  readonly panel: ComponentChildren
}

const latest = signal<Readonly<Record<string, string>>>({})

export function Tabs(props: {
  name: string
  label: string
  tabs: readonly Tab[]
  /** Default: what was chosen last among the tabs of this name, or the first. */
  chosen?: string
  onChoose?: (id: string) => void
}) {
  const { name, label, tabs } = props
  const chosen = props.chosen ?? latest.value[name] ?? tabs[0]?.id ?? ''
  const onChoose = props.onChoose ?? ((id: string) => void (latest.value = { ...latest.value, [name]: id }))
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const place = tabs.findIndex((tab) => tab.id === chosen)
    const next = tabs[(place + step + tabs.length) % tabs.length]
    if (next === undefined) return
    event.preventDefault()
    onChoose(next.id)
    document.getElementById(`${name}-tab-${next.id}`)?.focus()
  }
  return (
    <>
      <div class="tab-row">
        <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`${name}-tab-${tab.id}`}
              aria-selected={tab.id === chosen}
              aria-controls={`${name}-panel`}
              tabIndex={tab.id === chosen ? 0 : -1}
              onClick={() => onChoose(tab.id)}
            >
              {tab.label} {tab.count !== undefined && <span class="count">{tab.count.toLocaleString('en')}</span>}
            </button>
          ))}
        </div>
      </div>
      <div class="tab-panel" role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-tab-${chosen}`}>
        {tabs.find(({ id }) => id === chosen)?.panel}
      </div>
    </>
  )
}
