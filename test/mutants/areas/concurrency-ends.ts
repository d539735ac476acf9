// Races between the ends of one resource: reports, cancellations, announcements, disconnects.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, textIn, withBody, without, type Members } from '../reply.js'
import { handOut, runnerIdOf } from '../polls.js'
import { Overlaps, showsInstead } from '../races.js'

export const concurrencyEndMutants: readonly Mutant[] = [
  defineMutant({
    id: 'concurrency/command-ends-twice',
    mistake: 'Whether a command has ended is looked up before a report is stored: several reports are taken.',
    touches: ['reportBridgeResult'],
    spoil: (stage) => async (call) => {
      const before = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '')
      await stage.overlap()
      const reply = await call.proceed()
      return reply.status === 409 && before === 'picked_up' ? answer(204) : reply
    },
  }),
  defineMutant({
    id: 'concurrency/refused-report-overwrites',
    mistake: 'A report that loses against another one is refused, and its duration is stored.',
    touches: ['reportBridgeResult', 'getBridgeCommand'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getBridgeCommand') return show(call)
        const id = call.path['commandId'] ?? ''
        const before = stage.stateOf('bridgeCommand', id)
        await stage.overlap()
        const reply = await call.proceed()
        if (reply.status === 409 && before === 'picked_up') shown.set(id, { duration_ms: call.members['duration_ms'] })
        return reply
      }
    },
  }),
  defineMutant({
    id: 'concurrency/pick-up-undoes-report',
    mistake: 'A command that is reported while a poll is under way is marked as picked up again.',
    touches: ['reportBridgeResult', 'nextBridgeCommands', 'getBridgeCommand'],
    spoil: (stage) => {
      const undone = new Map<string, Members>()
      const show = showsInstead(stage, undone)
      return async (call) => {
        if (call.operation === 'getBridgeCommand') return show(call)
        if (call.operation === 'reportBridgeResult') {
          const isPending = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '') === 'pending'
          // The report finds the command while the poll is about to mark it.
          if (isPending || stage.commandsOf(runnerIdOf(call), 'picked_up').length > 0) await stage.overlap()
          return call.proceed()
        }
        const seen = stage.commandsOf(runnerIdOf(call), 'pending')
        if (seen.length > 0) await stage.overlap()
        await stage.overlap()
        for (const { id } of seen) undone.set(id, { status: 'picked_up', result: undefined, completed_at: undefined })
        return call.proceed()
      }
    },
  }),
  defineMutant({
    id: 'concurrency/job-report-in-pieces',
    mistake: 'Reports store their fields one by one: of several at once each leaves something.',
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getJob') return show(call)
        const id = call.path['jobId'] ?? ''
        const before = stage.stateOf('job', id)
        await stage.overlap()
        const isLate = before === 'running' && stage.stateOf('job', id) !== 'running'
        if (isLate) shown.set(id, { ...shown.get(id), ...without(call.members, 'status', 'trace_id') })
        return call.proceed()
      }
    },
  }),
  defineMutant({
    id: 'concurrency/cancel-keeps-late-result',
    mistake: 'A result that comes in while its job is cancelled is stored with the cancelled job.',
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const shown = new Map<string, Members>()
      const show = showsInstead(stage, shown)
      return async (call) => {
        if (call.operation === 'getJob') return show(call)
        const id = call.path['jobId'] ?? ''
        const before = stage.stateOf('job', id)
        await stage.overlap()
        if (before === 'running' && stage.stateOf('job', id) === 'cancelled')
          shown.set(id, { result: call.members['result'] })
        return call.proceed()
      }
    },
  }),
  defineMutant({
    id: 'concurrency/cancelled-while-handed-out',
    mistake: 'A job that is cancelled while a poll has it in hand is handed out, and nobody tells the runner.',
    touches: ['nextJob'],
    spoil: (stage) => async (call) => {
      const seen = stage.jobsOf(runnerIdOf(call), 'pending')
      if (seen.length > 0) await stage.overlap()
      const [first] = seen
      if (first === undefined || stage.stateOf('job', first.id) !== 'cancelled') return call.proceed()
      return handOut(call, seen, answer(200, {}))
    },
  }),
  defineMutant({
    id: 'concurrency/announced-by-several',
    mistake: 'Announcements are read and then dropped: several heartbeats at once announce the same.',
    touches: ['heartbeat'],
    spoil: (stage) => {
      const beats = new Overlaps<{ ids: Set<unknown> }>()
      return (call) =>
        beats.during(
          runnerIdOf(call),
          () => ({ ids: new Set() }),
          async (shared) => {
            const reply = await call.proceed()
            for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) shared.ids.add(id)
            await stage.overlap()
            return isSuccess(reply) ? withBody(reply, { cancelled_job_ids: [...shared.ids] }) : reply
          },
        )
    },
  }),
  defineMutant({
    id: 'concurrency/disconnect-leaves-handed-out-job',
    mistake: 'A job that is handed out while its runner is disconnected stays.',
    touches: ['nextJob', 'getJob'],
    spoil: (stage) => {
      const kept = new Map<string, Members>()
      return async (call) => {
        const reply = await call.proceed()
        if (call.operation === 'nextJob') {
          const job = membersIn(reply)
          await stage.overlap()
          if (stage.stateOf('runner', runnerIdOf(call)) === 'none' && 'id' in job) kept.set(textIn(job, 'id'), job)
          return reply
        }
        const job = kept.get(call.path['jobId'] ?? '')
        return reply.status === 404 && job !== undefined ? answer(200, job) : reply
      }
    },
  }),
]
