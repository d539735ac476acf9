/** The admin API's calls on time. */
import type { Reply } from '../../base/exchange.js'
import { errorReply, toReply } from '../../base/reply.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** Ten years: every timer on the way fires, so more is a mistake rather than a wish. */
const LONGEST_STEP_SECONDS = 315_576_000
/** The times that ids and JSON can tell: from 1970 to the end of 9999. */
const LATEST = Date.UTC(10_000, 0)

/** `GET /clock` */
export function readClock({ mock: { clock } }: AdminSite): Reply {
  return toReply(200, { now: clock.iso(), frozen: clock.isFrozen })
}

/** Between two steps of a long way it is seen whether whoever asked is still there. */
const STEP_SECONDS = 86_400 * 7

/** `POST /clock/advance {"seconds": n}`; it ends early when nobody waits for it any more. */
export async function advanceClock(site: AdminSite, { body, signal }: AdminCall): Promise<Reply> {
  const seconds = memberOf(body, 'seconds')
  const { clock } = site.mock
  if (typeof seconds !== 'number' || clock.now() + seconds * 1000 >= LATEST) {
    return errorReply(422, 'No time beyond the year 9999 can be told.')
  }
  for (let left = seconds; left >= 0 && signal?.aborted !== true; left -= STEP_SECONDS) {
    await clock.advance({ seconds: Math.min(left, STEP_SECONDS) })
  }
  return readClock(site)
}

/** `POST /clock/set {"now": iso}` */
export async function setClock(site: AdminSite, { body }: AdminCall): Promise<Reply> {
  const { clock } = site.mock
  const epoch = toEpoch(memberOf(body, 'now'))
  if (Number.isNaN(epoch)) {
    return errorReply(422, 'Send {"now": time} with an ISO-8601 time with its zone, such as "2026-01-01T00:00:00Z".')
  }
  if (epoch < 0 || epoch >= LATEST || epoch > clock.now() + LONGEST_STEP_SECONDS * 1000) {
    return errorReply(422, 'Send a time between 1970 and ten years from the current one.')
  }
  await clock.set(epoch)
  return readClock(site)
}

/** Without a zone a time means another moment on each machine. */
function toEpoch(value: unknown): number {
  const isTime =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(value)
  return isTime ? Date.parse(value) : Number.NaN
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}
