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
import { expectRecording, openRecordingFile, type RecordingFile } from './recording-file.js'
import { say } from './terminal.js'

interface TrafficRecorderOptions {
  /** Keeps activation keys, which a replay needs. Default false: as many zeros stand for one. */
  keepKeys?: boolean | undefined
  /** Told, once, when the recording ends before its time. */
  tell: (trouble: string) => void
}

/** @throws KitError `recording/file`, `recording/keep-keys` */
export function openRecorder(flags: RecordingFlags): TrafficRecorder | undefined {
  expectRecording(flags)
  const { recordingOut, keepKeys } = flags
  return recordingOut === undefined ? undefined : new TrafficRecorder(recordingOut, { keepKeys, tell: say })
}

/** For so long an answer may turn out not to have reached its caller. */
const GRACE_NS = 2000 * NS_PER_MS

/** Keeps the traffic of one mock in a file, from `start` to `close`. */
export class TrafficRecorder {
  private readonly options: TrafficRecorderOptions
  private readonly file: RecordingFile
  private context: ConductContext | undefined
  private readonly heeded: { readonly spans: readonly Sleep[]; count: number }[] = []
  private recorder: Recorder | undefined

  /** @throws KitError `recording/file` for a file that cannot be written */
  constructor(file: string, options: TrafficRecorderOptions) {
    this.options = options
    this.file = openRecordingFile(file, ({ message }) => this.stop(`it cannot be written: ${message}`))
  }

  /** The option `conduct` of the mock that is recorded; `inner` grades it beside. */
  watching(inner: WatchConduct = () => unwatched): WatchConduct {
    return (context) => {
      this.context = context
      const grading = inner(context)
      return {
        ...grading,
        watch: (handle, isOwners) => watchedHandle(grading.watch(handle, isOwners), (exchange) => this.begin(exchange)),
        clear: () => {
          grading.clear()
          this.stop('the mock was reset')
        },
      }
    }
  }

  start(): void {
    if (this.context === undefined) return
    const { clock, settings } = this.context
    const zero = clock.now()
    this.recorder = new Recorder(
      {
        ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
        ...{ base_path: '', wall_clock_ms_at_zero: zero },
      },
      {
        ...{ keepKeys: this.options.keepKeys, gunzip: gunzipKeyBody, graceNs: GRACE_NS },
        now: () => (clock.now() - zero) * NS_PER_MS,
        write: (line) => this.file.write(line),
        standstills: () => this.newStandstills(zero),
      },
    )
  }

  /** Keeps these spans of the mock's clock, which grow in number: the machine kept its clients waiting. */
  heed(spans: readonly Sleep[]): void {
    this.heeded.push({ spans, count: 0 })
  }

  private newStandstills(zero: number): RecordedSpan[] {
    return this.heeded.flatMap((each) => {
      const added = each.spans.slice(each.count)
      each.count = each.spans.length
      return added.map(({ from, to }) => ({ from_ns: (from - zero) * NS_PER_MS, to_ns: (to - zero) * NS_PER_MS }))
    })
  }

  /** Writes the rest. What is still under way counts as hung up. */
  async close(): Promise<void> {
    this.recorder?.close()
    this.recorder = undefined
    await this.file.close()
  }

  private stop(why: string): void {
    if (this.recorder === undefined) return
    this.recorder.close()
    this.recorder = undefined
    this.options.tell(`The recording ${this.file.name} ends here: ${why}.`)
  }

  /** undefined for a request beside the API, and for a caller who is refused. */
  private begin(exchange: ApiRequest): RecordedCall | undefined {
    const { recorder, context } = this
    const request = recorder && context && recordable(exchange, context.authenticate)
    return request && recorder.begin({ ...request, connection: exchange.connection })
  }
}
