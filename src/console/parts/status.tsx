/** A state as a coloured pill; the word is always there, so that the colour is not needed. */
import { plain } from '../model/labels.js'

export function Status({ state }: { state: string }) {
  return (
    <span class={`status ${state}`}>
      <span class="dot" aria-hidden="true" />
      {plain(state)}
    </span>
  )
}

export function HttpStatus({ status }: { status: number }) {
  const family = status === 0 ? 'lost' : `s${Math.floor(status / 100)}`
  return <span class={`http ${family}`}>{status === 0 ? 'lost' : status}</span>
}
