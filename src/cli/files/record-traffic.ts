/**
 * `--recording-out` of `serve` and `conduct`: keeps what a mock is asked and answers as a recording, for `watch`. Times
 * are those of the mock's clock, so that time which is skipped has passed.
 */
import { gunzipKeyBody } from '../../contracts/target/unpack-body.js'
import { NS_PER_MS, Recorder, type RecordedCall } from '../../kernel/recording/recorder.js'
import type { Sleep } from '../../conduct/conduct-trace.js'
import type { RecordedSpan, RecordingFlags } from '../../generated/kit-schema.js'
import { version } from '../../kernel/version.js'
import type { ApiRequest } from '../../mocks/base/exchange.js'
import { unwatched, type ConductContext, type WatchConduct } from '../../mocks/conduct/watch-conduct-types.js'
import { recordable, watchedHandle } from '../../mocks/conduct/watched-handle.js'
import { expectRecording, openRecordingFile } from './recording-file.js'
import { say } from './terminal.js'

/** @throws KitError `recording/file`, `recording/keep-keys` */
export function openRecorder(flags: RecordingFlags): TrafficRecorder | undefined {
  expectRecording(flags)
  const { recordingOut, keepKeys } = flags
  return recordingOut === undefined ? undefined : recordTraffic(recordingOut, keepKeys, say)
}

/** For so long an answer may turn out not to have reached its caller. */
const GRACE_NS = 2000 * NS_PER_MS

export type TrafficRecorder = ReturnType<typeof recordTraffic>

/**
 * Keeps the traffic of one mock in a file, from `start` to `close`.
 * @param keepKeys keeps activation keys, which a replay needs; else as many zeros stand for one
 * @param tell told, once, when the recording ends before its time
 * @throws KitError `recording/file` for a file that cannot be written
 */
export function recordTraffic(name: string, keepKeys: boolean | undefined, tell: (trouble: string) => void) {
  const heeded: { readonly spans: readonly Sleep[]; count: number }[] = []
  let context: ConductContext | undefined
  let recorder: Recorder | undefined
  const end = (): void => {
    recorder?.close()
    recorder = undefined
  }
  const stop = (why: string): void => {
    if (recorder !== undefined) tell(`The recording ${name} ends here: ${why}.`)
    end()
  }
  const file = openRecordingFile(name, ({ message }) => stop(`it cannot be written: ${message}`))
  /** undefined for a request beside the API, and for a caller who is refused. */
  const begin = (exchange: ApiRequest): RecordedCall | undefined => {
    const request = recorder && context && recordable(exchange, context.authenticate)
    return request && recorder?.begin({ ...request, connection: exchange.connection })
  }
  const newStandstills = (zero: number): RecordedSpan[] =>
    heeded.flatMap((each) => {
      const added = each.spans.slice(each.count)
      each.count = each.spans.length
      return added.map(({ from, to }) => ({ from_ns: (from - zero) * NS_PER_MS, to_ns: (to - zero) * NS_PER_MS }))
    })
  return {
    /** The option `conduct` of the mock that is recorded; `inner` grades it beside. */
    watching(inner: WatchConduct = () => unwatched): WatchConduct {
      return (given) => {
        context = given
        const grading = inner(given)
        return {
          ...grading,
          watch: (handle, isOwners) => watchedHandle(grading.watch(handle, isOwners), begin),
          clear: () => {
            grading.clear()
            stop('the mock was reset')
          },
        }
      }
    },
    start(): void {
      if (context === undefined) return
      const { clock, settings } = context
      const zero = clock.now()
      recorder = new Recorder(
        {
          ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
          ...{ base_path: '', wall_clock_ms_at_zero: zero },
        },
        {
          ...{ keepKeys, gunzip: gunzipKeyBody, graceNs: GRACE_NS },
          now: () => (clock.now() - zero) * NS_PER_MS,
          write: (line) => file.write(line),
          standstills: () => newStandstills(zero),
        },
      )
    },
    /** Keeps these spans of the mock's clock, which grow in number: the machine kept its clients waiting. */
    heed: (spans: readonly Sleep[]) => void heeded.push({ spans, count: 0 }),
    /** Writes the rest. What is still under way counts as hung up. */
    async close(): Promise<void> {
      end()
      await file.close()
    },
  }
}
