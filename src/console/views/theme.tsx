/** Light, dark, or as the system has it; kept over visits. */
import { effect, signal } from '@preact/signals'
import { keep, readKept } from '../model/platform.js'
import { Icon, type IconName } from '../parts/icon.js'

const themes = ['auto', 'light', 'dark'] as const

type Theme = (typeof themes)[number]

const theme = signal<Theme>(themes.find((name) => name === readKept('theme')) ?? 'auto')

/** Applies the theme now and whenever it changes. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    keep('theme', theme.value === 'auto' ? undefined : theme.value)
  })
}

const icons: Readonly<Record<Theme, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' }

/** Goes on to the next theme. */
export function ThemeButton() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto'
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={`Theme: ${theme.value}. Change to ${next}`}
      title={`Theme: ${theme.value}`}
      onClick={() => (theme.value = next)}
    >
      <Icon name={icons[theme.value]} />
    </button>
  )
}
