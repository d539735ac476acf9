/** Ends a runner, after saying what that means: as its process would say goodbye, or as one that takes its slot would. */
import { act, ADMIN } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { keepAlive } from '../../model/keep-alive.js'
import { many } from '../../model/labels.js'
import { runners } from '../../model/world-state.js'
import { CallDialog } from '../../parts/dialog.js'

/** The dialog. */
export function EndDialog(props: { how: 'disconnect' | 'evict'; runnerId: string; onClose: () => void }) {
  const { how, runnerId, onClose } = props
  const runner = runners.get(runnerId)
  if (runner === undefined) return null
  const verb = how === 'evict' ? 'Evict' : 'Disconnect'
  const call =
    how === 'evict'
      ? { method: 'POST', path: `${ADMIN}/runners/${runnerId}/evict` }
      : callOf('disconnectRunner', runner, { runnerId })
  const onSubmit = async (): Promise<string> => {
    keepAlive(runnerId, false)
    return (await act(`${verb} ${runner.name}`, call)).problem
  }
  return (
    <CallDialog
      title={`${verb} the runner`}
      submit={verb}
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
