/** Buttons: with words, perhaps behind an icon, or with an icon alone. */
import { Icon, type IconName } from './icon.js'

export function Button(props: {
  words: string
  icon?: IconName
  kind?: string
  label?: string
  disabled?: boolean
  onClick: () => void
}) {
  const { words, icon, kind = 'small', label, disabled, onClick } = props
  return (
    <button type="button" class={`button ${kind}`.trim()} aria-label={label} disabled={disabled} onClick={onClick}>
      {icon !== undefined && <Icon name={icon} size={14} />}
      {words}
    </button>
  )
}

export function IconButton(props: {
  icon: IconName
  label: string
  title?: string | undefined
  kind?: string
  size?: number
  onClick: (event: Event) => void
}) {
  const { icon, label, title, kind = '', size = 16, onClick } = props
  return (
    <button
      type="button"
      class={`button quiet icon-only ${kind}`.trim()}
      aria-label={label}
      title={title}
      onClick={onClick}
    >
      <Icon name={icon} size={size} />
    </button>
  )
}
