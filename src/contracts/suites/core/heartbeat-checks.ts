// Checks of heartbeats: capabilities, and the cancellations that they announce.
import { checksOn } from './checks-on.js'
import { takes } from '../../check/check.js'
import { lapsedSeconds } from '../../check/check-steps.js'

/** Capabilities that are not made of lower-case letters and underscores alone. */
const INVALID: Readonly<Record<string, string>> = {
  capital: 'Jobs',
  digit: 'jobs2',
  hyphen: 'file-access',
  space: 'jobs bridge',
  empty: '',
  'newline-at-end': 'jobs\n',
  'space-in-front': ' jobs',
  'letter-of-another-script': 'jöbs',
}

export const heartbeatChecks = checksOn('heartbeat runner', (it, at) => {
  it`heartbeat/without-body [connected]: A heartbeat needs no body and no content type.
    pair, heartbeat`
  it`heartbeat/empty-object [connected]: A heartbeat with an empty object answers that nothing was cancelled.
    pair, heartbeat ${{}}`
  it`heartbeat/replaces-capabilities [connected]: A list of capabilities replaces the one before; nothing is merged.
    pair, heartbeat ${{ capabilities: ['jobs', 'bridge'] }}, getRunner, heartbeat ${{ capabilities: ['files'] }},
    getRunner`
  it`heartbeat/keeps-capabilities-unnamed [connected]: A heartbeat that names no capabilities leaves them as they are.
    pair, heartbeat ${{ capabilities: ['jobs', 'bridge'] }}, heartbeat, getRunner`
  it`heartbeat/keeps-capabilities-empty [connected]: A heartbeat with an empty list of capabilities leaves them as they are.
    pair, heartbeat ${{ capabilities: ['bridge'] }}, heartbeat ${{ capabilities: [] }}, getRunner`
  it`heartbeat/any-words [connected]: Any words of lower-case letters and underscores are capabilities.
    pair, heartbeat ${{ capabilities: ['a', 'file_access', '_'] }}, getRunner`
  it`heartbeat/gone-before-capabilities [none]: An unknown runner is 410, whatever its heartbeat declares.
    2: heartbeat capabilities=invalid`
  at('listRunners')
  it`heartbeat/capabilities-listed: The list of runners shows the capabilities that a heartbeat has declared.
    pair-connect, listRunners`

  at('heartbeat runner connected')
  for (const [name, capability] of Object.entries(INVALID)) {
    it`heartbeat/invalid-capability-${name}: A heartbeat with the capability ${JSON.stringify(capability)} is 400 and leaves the capabilities as they were.
      pair, heartbeat ${{ capabilities: ['jobs', capability] }}, getRunner`
  }

  at('heartbeat job cancelJob')
  it`heartbeat/announces-cancelled-once [running -> cancelled]: A job cancelled while it runs is announced by the next heartbeat, and by no later one.
    pair, createJob, nextJob, heartbeat, cancelJob 1, heartbeat x2`
  it`heartbeat/announces-all-cancelled [running -> cancelled]: A heartbeat announces every job that was cancelled since the last one, and no other.
    pair, createJob x3, nextJob x3, cancelJob 1, cancelJob 2, heartbeat`
  it`heartbeat/silent-about-pending [pending -> cancelled]: A job cancelled before it was handed out is not announced.
    pair, createJob, cancelJob 1, heartbeat`
  it`heartbeat/silent-about-ended [completed]: A cancellation that came after the end of a job is not announced.
    pair, createJob, nextJob, reportJobResult 1, cancelJob 1, heartbeat`
  it`heartbeat/second-cancel-not-announced [cancelled]: Cancelling a job twice announces it once.
    pair, createJob, nextJob, cancelJob 1, cancelJob 1, heartbeat, cancelJob 1, heartbeat`
  it`heartbeat/announces-own-jobs: A runner hears of its own cancelled jobs only.
    pair, elsewhere 2: pair, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat`
  it`heartbeat/refused-announces-later: A heartbeat that is refused does not use up an announcement.
    pair, createJob, nextJob, cancelJob 1, heartbeat capabilities=invalid, heartbeat`
  it`heartbeat/connect-hears-nothing: A connect runner's heartbeat announces nothing, while its project's endpoint runner has cancelled jobs.
    pair, 2: pair-connect, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat`

  at('heartbeat runner disconnected should', takes(lapsedSeconds))
  it`heartbeat/refused-does-not-revive: A lapsed runner whose heartbeat is refused stays as it is.
    pair, heartbeat declares=files, pass lapse, heartbeat capabilities=invalid, getRunner`
})
