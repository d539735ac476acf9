/** The admin API's calls on faults; they take the form that a faults file has. */
import type { Reply } from '../../base/exchange.js'
import { errorReply, errorsReply, toReply } from '../../base/reply.js'
import { describeProblem } from '../../../kernel/problem.js'
import { presetNotes } from '../../engine/faults/preset-notes.js'
import { presetNames, presets } from '../../engine/faults/fault-presets.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** `GET /faults` */
export function listFaults({ mock }: AdminSite): Reply {
  return toReply(200, { faults: mock.faults.list() })
}

/** `POST /faults`: a fault, `{"preset": name}`, or a list of both. All of them, or, when one is wrong, none. */
export function injectFaults({ mock }: AdminSite, { body }: AdminCall): Reply {
  const { injected, problems } = mock.faults.load(body)
  return injected === undefined
    ? errorsReply(
        422,
        problems.map((problem) => describeProblem(problem, 'The fault')),
      )
    : toReply(201, { faults: injected })
}

/** `DELETE /faults` */
export function clearFaults({ mock }: AdminSite): Reply {
  mock.faults.clear()
  return toReply(204, undefined)
}

/** `GET /faults/presets` */
export function listPresets(): Reply {
  return toReply(200, {
    presets: presetNames.map((name) => ({ name, ...presetNotes[name], faults: presets[name] })),
  })
}

/** `GET /faults/{id}` */
export function showFault({ mock }: AdminSite, { id }: AdminCall): Reply {
  const fault = mock.faults.list().find((each) => each.id === id)
  return fault === undefined ? unknownFault(id) : toReply(200, fault)
}

/** `DELETE /faults/{id}`: a fault, or all faults of a preset. */
export function clearFault({ mock }: AdminSite, { id }: AdminCall): Reply {
  return mock.faults.clear(id) === 0 ? unknownFault(id) : toReply(204, undefined)
}

function unknownFault(id: string): Reply {
  return errorReply(404, `No fault '${id}' is under way; it may be over.`)
}
