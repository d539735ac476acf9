/** Light, dark, or as the system has it; kept over visits. */
import { effect, signal } from '@preact/signals'
import { keep, readKept } from '../model/platform.js'
import { Button, type IconName } from '../parts/button.js'

const themes = ['auto', 'light', 'dark'] as const

type Theme = (typeof themes)[number]

const theme = signal<Theme>(themes.find((name) => name === readKept('theme')) ?? 'auto')

export function followTheme(): void {
  effect(() => {
    const chosen = theme.value === 'auto' ? undefined : theme.value
    document.documentElement.style.colorScheme = chosen ?? ''
    keep('theme', chosen)
  })
}

const icons: Readonly<Record<Theme, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' }

export function ThemeButton() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto'
  return (
    <Button
      icon={icons[theme.value]}
      label={`Theme: ${theme.value}. Change to ${next}`}
      title={`Theme: ${theme.value}`}
      onClick={() => (theme.value = next)}
    />
  )
}
