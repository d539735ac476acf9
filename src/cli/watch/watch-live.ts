/** `watch <url>`: a relay in front of a server, and what passes judged as it passes, until a signal ends it. */
import type { WatchCommand } from '../../generated/kit-schema.js'
import type { Judgement, Recording, Verdict } from '../../contracts/watch/judge-recording.js'
import { startTime } from '../../contracts/target/real-time.js'
import { KitError } from '../../kernel/errors.js'
import { printableLines } from '../../kernel/printable.js'
import { isLoopbackHost } from '../../mocks/adapters/admin/admin-guard.js'
import { parseServerUrl } from '../../mocks/adapters/node-address.js'
import { listen } from '../../mocks/adapters/node-server.js'
import { createProgressLine } from '../files/progress-line.js'
import { openRecordingFile } from '../files/recording-file.js'
import { createLiveTraffic, type LiveTrafficOptions } from './live-traffic.js'
import { Relay } from './relay.js'
import type { ExchangeSource } from './shown-verdict.js'

export interface LiveOptions extends Pick<LiveTrafficOptions, 'sides'> {
  readonly limits: Recording['header']['settings']
  readonly tell: (verdict: Verdict, source: ExchangeSource) => void
  /** Resolves when it is to end. */
  readonly until: () => Promise<void>
}

/**
 * Watches until it is told to end.
 * @throws KitError `watch/url`, `watch/circle`; `serve/port`, `serve/host` for what cannot be listened on;
 *   `recording/file`; `target/limits`
 */
export async function watchLive(
  upstream: string,
  flags: WatchCommand,
  options: LiveOptions,
): Promise<{ judgement: Judgement; source: ExchangeSource }> {
  const { limits, sides, tell, until } = options
  const { recordingOut, startsEmpty = false, oneUser = false, keepKeys = false } = flags
  const target = parseServerUrl(upstream, 'watch/url', {
    failed: 'This is no server that could be watched.',
    fix: 'Give its URL, such as http://localhost:5173 or https://www.comet.com/opik/api, without a user or a query.',
  })
  const say = (text: string): void => void process.stderr.write(`${printableLines(text)}\n`)
  const path = target.pathname.replace(/\/+$/, '')
  const file =
    recordingOut === undefined
      ? undefined
      : openRecordingFile(recordingOut, ({ message }) => say(`${recordingOut} cannot be written: ${message}`))
  const progress = createProgressLine()
  const relay = new Relay(target)
  try {
    const url = await open(relay, target, flags)
    const { zero, now } = startTime()
    const traffic = createLiveTraffic({
      ...{ now, startsEmpty, sides, oneUser, keepKeys },
      header: {
        ...{ format: 'opik-runner-recording/1', server: target.origin, settings: limits, base_path: '' },
        // The clock of a server elsewhere is not known.
        [isLoopbackHost(target.hostname) ? 'wall_clock_ms_at_zero' : 'recorder_clock_ms_at_zero']: zero,
      },
      bases: [...new Set([`${path}/api`, path, '/api', ''])],
      write: (line) => file?.write(line),
      tell: (verdict) => {
        progress.clear()
        tell(verdict, source)
      },
      looked: ({ exchanges, judged, unknown }) =>
        progress.show(`${exchanges} exchanges, ${judged} judged, ${unknown} by their form alone`),
    })
    const source: ExchangeSource = { name: target.origin, byId: traffic.byId }
    relay.listener = traffic.listener
    // It may be ended as soon as it says that it listens.
    const ended = until()
    const override = `OPIK_URL_OVERRIDE=${url}${path === '' ? '/api' : path}`
    say(`listening on ${url}, watching ${target.origin}\npoint clients here: ${override}`)
    await ended
    progress.clear()
    await relay.close()
    return { judgement: traffic.finish(), source }
  } finally {
    progress.clear()
    await relay.close()
    await file?.close()
  }
}

async function open(relay: Relay, target: URL, { port, host }: WatchCommand): Promise<string> {
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  const taken = await listen(relay.server, port, plain)
  if (isLoopbackHost(target.hostname) && Number(target.port) === taken) {
    await relay.close()
    throw new KitError('watch/circle', {
      failed: 'This would be a proxy of itself.',
      value: target.origin,
      fix: 'Give another --port, or the URL of the server that is to be watched.',
    })
  }
  return `http://${plain.includes(':') ? `[${plain}]` : plain}:${taken}`
}
