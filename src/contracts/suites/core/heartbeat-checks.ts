// Checks of heartbeats: capabilities, and the cancellations that they announce.
import { playStory } from './story-steps.js'
import { checksOn, takes } from '../../check/check.js'
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
  it('heartbeat/without-body [connected]: A heartbeat needs no body and no content type.', (context) =>
    playStory(context, 'pair, heartbeat'))
  it('heartbeat/empty-object [connected]: A heartbeat with an empty object answers that nothing was cancelled.', (context) =>
    playStory(context, 'pair, heartbeat $1', {}))
  it('heartbeat/replaces-capabilities [connected]: A list of capabilities replaces the one before; nothing is merged.', (context) =>
    playStory(
      context,
      'pair, heartbeat $1, getRunner, heartbeat $2, getRunner',
      { capabilities: ['jobs', 'bridge'] },
      { capabilities: ['files'] },
    ))
  it('heartbeat/keeps-capabilities-unnamed [connected]: A heartbeat that names no capabilities leaves them as they are.', (context) =>
    playStory(context, 'pair, heartbeat $1, heartbeat, getRunner', { capabilities: ['jobs', 'bridge'] }))
  it('heartbeat/keeps-capabilities-empty [connected]: A heartbeat with an empty list of capabilities leaves them as they are.', (context) =>
    playStory(
      context,
      'pair, heartbeat $1, heartbeat $2, getRunner',
      { capabilities: ['bridge'] },
      { capabilities: [] },
    ))
  it('heartbeat/any-words [connected]: Any words of lower-case letters and underscores are capabilities.', (context) =>
    playStory(context, 'pair, heartbeat $1, getRunner', { capabilities: ['a', 'file_access', '_'] }))
  it('heartbeat/gone-before-capabilities [none]: An unknown runner is 410, whatever its heartbeat declares.', (context) =>
    playStory(context, '2: heartbeat capabilities=invalid'))
  at('listRunners')
  it('heartbeat/capabilities-listed: The list of runners shows the capabilities that a heartbeat has declared.', (context) =>
    playStory(context, 'pair-connect, listRunners'))

  at('heartbeat runner connected')
  for (const [name, capability] of Object.entries(INVALID)) {
    it(`heartbeat/invalid-capability-${name}: A heartbeat with the capability ${JSON.stringify(capability)} is 400 and leaves the capabilities as they were.`, (context) =>
      playStory(context, 'pair, heartbeat $1, getRunner', { capabilities: ['jobs', capability] }))
  }

  at('heartbeat job cancelJob')
  it('heartbeat/announces-cancelled-once [running -> cancelled]: A job cancelled while it runs is announced by the next heartbeat, and by no later one.', (context) =>
    playStory(context, 'pair, createJob, nextJob, heartbeat, cancelJob 1, heartbeat x2'))
  it('heartbeat/announces-all-cancelled [running -> cancelled]: A heartbeat announces every job that was cancelled since the last one, and no other.', (context) =>
    playStory(context, 'pair, createJob x3, nextJob x3, cancelJob 1, cancelJob 2, heartbeat'))
  it('heartbeat/silent-about-pending [pending -> cancelled]: A job cancelled before it was handed out is not announced.', (context) =>
    playStory(context, 'pair, createJob, cancelJob 1, heartbeat'))
  it('heartbeat/silent-about-ended [completed]: A cancellation that came after the end of a job is not announced.', (context) =>
    playStory(context, 'pair, createJob, nextJob, reportJobResult 1, cancelJob 1, heartbeat'))
  it('heartbeat/second-cancel-not-announced [cancelled]: Cancelling a job twice announces it once.', (context) =>
    playStory(context, 'pair, createJob, nextJob, cancelJob 1, cancelJob 1, heartbeat, cancelJob 1, heartbeat'))
  it('heartbeat/announces-own-jobs: A runner hears of its own cancelled jobs only.', (context) =>
    playStory(context, 'pair, elsewhere 2: pair, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat'))
  it('heartbeat/refused-announces-later: A heartbeat that is refused does not use up an announcement.', (context) =>
    playStory(context, 'pair, createJob, nextJob, cancelJob 1, heartbeat capabilities=invalid, heartbeat'))
  it("heartbeat/connect-hears-nothing: A connect runner's heartbeat announces nothing, while its project's endpoint runner has cancelled jobs.", (context) =>
    playStory(context, 'pair, 2: pair-connect, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat'))

  at('heartbeat runner disconnected should', takes(lapsedSeconds))
  it('heartbeat/refused-does-not-revive: A lapsed runner whose heartbeat is refused stays as it is.', (context) =>
    playStory(context, 'pair, heartbeat declares=files, pass lapse, heartbeat capabilities=invalid, getRunner'))
})
