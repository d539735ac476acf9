/** A part of a page in a frame: its title, what belongs beside that, and its content. */
import type { ComponentChildren } from 'preact'

export function Panel(props: { title: string; head?: ComponentChildren; children: ComponentChildren }) {
  const { title, head, children } = props
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {head}
      </header>
      {children}
    </section>
  )
}
