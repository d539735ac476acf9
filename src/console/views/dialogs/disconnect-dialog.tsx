/** Disconnects a runner, after saying what that means. */
import { act } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { keepAlive } from '../../model/keep-alive.js'
import { many } from '../../model/labels.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'

/** The dialog. */
export function DisconnectDialog({ runnerId, onClose }: { runnerId: string; onClose: () => void }) {
  const runner = runners.get(runnerId)
  if (runner === undefined) return null
  const call = callOf('disconnectRunner', runner, { runnerId })
  const onSubmit = async (): Promise<string> => {
    keepAlive(runnerId, false)
    return (await act(`Disconnect ${runner.name}`, call)).problem
  }
  return (
    <CallDialog
      title="Disconnect the runner"
      submit="Disconnect"
      calls={[call]}
      isDanger
      onSubmit={onSubmit}
      onClose={onClose}
    >
      <p>
        <strong>{runner.name}</strong> goes, and with it {many(runner.jobs.size, 'job')} and{' '}
        {many(runner.commands.size, 'command')}: they answer 404 from then on, and its next heartbeat 410.
      </p>
    </CallDialog>
  )
}
