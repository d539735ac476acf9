import type { LocalRunner } from 'opik-runner-kit'
import { useDisconnect } from './queries'

interface Props {
  /** `undefined` until it is known, `null` when there is none. */
  runner: LocalRunner | null | undefined
  error: Error | null
}

export function ConnectionBadge({ runner, error }: Props) {
  const { state, text } = describe({ runner, error })
  return (
    <div className="connection">
      <p role="status" className="badge" data-state={state}>
        {text}
      </p>
      {runner?.status === 'connected' && <DisconnectButton runner={runner} />}
    </div>
  )
}

function describe({ runner, error }: Props) {
  if (error !== null) return { state: 'trouble', text: 'Server unreachable' }
  if (runner === undefined) return { state: 'unknown', text: 'Looking for a runner' }
  if (runner === null) return { state: 'none', text: 'No runner' }
  return { state: runner.status, text: `${runner.name} ${runner.status}` }
}

function DisconnectButton({ runner }: { runner: LocalRunner }) {
  const disconnect = useDisconnect(runner)
  return (
    <button type="button" className="quiet" disabled={disconnect.isPending} onClick={() => disconnect.mutate()}>
      Disconnect
    </button>
  )
}
