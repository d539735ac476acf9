/** Values under their names, as far as there are any. */
import type { ComponentChildren } from 'preact'

export function NamedValues(props: {
  of: readonly (readonly [name: ComponentChildren, value: ComponentChildren])[]
  kind?: string
}) {
  const known = props.of.filter(([, value]) => value !== undefined)
  return (
    <dl class={props.kind}>
      {known.map(([name, value], at) => (
        <div key={at}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
