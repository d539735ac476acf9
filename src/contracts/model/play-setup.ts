/**
 * Where sequences are played: the identities that the target has, two projects for each workspace, its time; and how a play
 * reaches it: calls, and polls that stay open meanwhile.
 */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import {
  NS_PER_MS,
  recordInMemory,
  type RecordedCall,
  type Recorder,
  type Recording,
} from '../../kernel/recording/recorder.js'
import type { PossibleWorlds } from '../../lifecycle/tracker/judge.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import type { TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import type { Context, OwnProject } from '../check/context.js'
import { NotRun } from '../target/expectation.js'
import type { IdentityName, Limits } from '../target/target.js'
import { realClock, type RealClock } from '../../kernel/real-time.js'
import type { Participants } from '../../lifecycle/steps/step-calls.js'
import { signActivation, toBase64 } from '../../kernel/pairing.js'
import { alternatives, type Answer, idAtEndOf } from '../target/answer.js'
import { SURELY_LARGER } from '../../lifecycle/tracker/tracked-view.js'
import { type OpenCall, toIdentityName, toRawRequest } from '../target/client.js'
import { objectOf, textAt } from '../../kernel/json-value.js'

export interface PlaySetup {
  context: Context
  participants: Participants
  start: Pick<TrackedWorld, 'limits' | 'workspaces' | 'projects' | 'isShared' | 'earlier'>
  time: RealClock
  targetTime: ReturnType<typeof createTargetTime>
}

/**
 * Prepares a play; the projects go with the check.
 * @param needs who calls besides the main identity, how many projects of its own, where the target lets us make any, and
 *   whether time is told by the target's clock
 */
export async function preparePlay(
  context: Context,
  needs: { others: readonly IdentityName[]; projects: 1 | 2; hasClock: boolean },
): Promise<PlaySetup> {
  const { others, projects: count, hasClock } = needs
  const made = await furtherProject(context, 'main')
  const isShared = made.length === 0
  const own = isShared || count > 1 ? [await context.project(), ...made] : made
  const theirs = others.includes('stranger') ? await furtherProject(context, 'stranger') : []
  const workspaces: TrackedWorld['workspaces'] = { main: 'own', colleague: 'own', stranger: 'other' }
  const projects = new Map([...own, ...theirs].map((each) => [each.id, own.includes(each) ? 'own' : 'other']))
  const projectsOf = (identity: string): string[] =>
    [...projects].filter(([, each]) => each === workspaces[identity]).map(([id]) => id)
  const time = realClock
  const targetTime = createTargetTime(time, hasClock ? () => context.time.now() : undefined)
  await targetTime.read()
  const { limits } = context
  return {
    ...{ context, time, targetTime },
    participants: { identities: ['main', ...others], projectsOf, unknownId: context.random.uuid() },
    start: { limits, workspaces, projects, isShared, earlier: new Set() },
  }
}

/** One more project, where the target lets us make any. */
async function furtherProject(context: Context, identity: IdentityName): Promise<OwnProject[]> {
  try {
    return [await context.newProject(identity)]
  } catch (error) {
    if (error instanceof NotRun) return []
    throw error
  }
}

/**
 * The answer that comes within `ms`, or no later than that of a call which is sent afterwards: on a busy machine that may
 * be later. Undefined for none.
 */
export async function firstAnswer<Value>(
  { time, context }: Pick<PlaySetup, 'time' | 'context'>,
  answer: Promise<Value>,
  ms = 0,
): Promise<Value | undefined> {
  const answered = await time.within(answer, ms, undefined)
  if (answered !== undefined) return answered
  await Promise.race([answer, context.time.settle()])
  return time.within(answer, 0, undefined)
}

/** Tells of the quirks without which the model would have refused an answer. */
export function noteDeviations(context: Context, excused: PossibleWorlds['excused']): void {
  const expected = 'answers that need no excuse'
  for (const id of excused) context.quirk(id, { expected, actual: 'some that do' })
}

export type CallSender = ReturnType<typeof createCallSender>

const KEY_BYTES = 32
/** For what nothing holds. */
const SLOWEST_ANSWER_SECONDS = 10

/** Creates a sender, which keeps the activation keys of the sessions that were opened through it, and a recording. */
export function createCallSender({ context, targetTime }: Pick<PlaySetup, 'context' | 'targetTime'>) {
  const keys = new Map<string, Uint8Array>()
  const { note, recording } = createNotes(context.limits, targetTime)
  const begin = (call: ApiCall, sent: unknown, timeoutSeconds?: number): OpenCall => {
    const { operation, caller, path: ids, query: asked } = call
    const request = toRawRequest(operation, { path: ids, query: asked, body: sent, timeoutSeconds })
    const { method, body } = request
    const isLarge = Number(body?.length) > SURELY_LARGER * context.limits.bridge_max_payload_bytes
    const open = context.openRaw({
      ...request,
      identity: toIdentityName(caller),
      // Checks of their own judge the form of a Location.
      accept: [alternatives.preparedLocation, ...(isLarge ? [alternatives.oversizedBody] : [])],
    })
    // Until it is sent it may stand in line for a place among those that wait, of which the target knows nothing.
    void open.sent.then(() => {
      let heard: RecordedCall | undefined
      note((recorder) => {
        const [path = '', query] = request.path.split('?')
        const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
        heard = recorder.begin({ method, path, query, headers, body, user: caller, workspace: 'default' })
      })
      open.answer.then(
        // The text is unpacked by now.
        ({ status, headers: { 'content-encoding': _, ...answered }, text }) =>
          note(() => heard?.answered({ status, headers: answered, body: text })),
        () => note(() => heard?.lost()),
      )
    })
    return open
  }
  return {
    /** Makes a call that is answered at once, also one that a target might hold: such a one is not waited for longer. */
    async send(call: ApiCall): Promise<Answer> {
      if (call.operation !== 'createPairingSession') {
        const body = call.operation === 'activatePairingSession' ? await proven(call, keys) : call.body
        return begin(call, body, SLOWEST_ANSWER_SECONDS).answer
      }
      const key = context.random.bytes(call.secret === 'wrong' ? KEY_BYTES - 1 : KEY_BYTES)
      const body = { ...objectOf(call.body), activation_key: toBase64(key) }
      const answer = await begin(call, body, SLOWEST_ANSWER_SECONDS).answer
      keys.set(textAt(answer.body, 'session_id'), key)
      return answer
    },
    async open(call: ApiCall): Promise<OpenCall> {
      const opened = begin(call, call.body)
      await opened.sent
      return opened
    },
    /** All calls so far. */
    recording,
  }
}

/** What a recorder is to hear, and when: few plays are ever asked for their recording. */
function createNotes(limits: Limits, { now }: Pick<PlaySetup['targetTime'], 'now'>) {
  const zero = now()
  const noted: { at: number; tell: (recorder: Recorder) => void }[] = []
  return {
    note: (tell: (recorder: Recorder) => void): void => void noted.push({ at: (now() - zero) * NS_PER_MS, tell }),
    recording: (): Recording => {
      const header = { format: 'opik-runner-recording/1', settings: { ...limits }, base_path: '' } as const
      let shown = 0
      const { recorder, recording } = recordInMemory(header, { now: () => shown })
      for (const { at, tell } of noted) {
        shown = at
        tell(recorder)
      }
      return recording()
    },
  }
}

/** The body of an activation with the proof that it needs. */
async function proven(call: ApiCall, keys: ReadonlyMap<string, Uint8Array>): Promise<unknown> {
  const { sessionId = '' } = call.path
  const name = textAt(call.body, 'runner_name')
  const key = keys.get(sessionId) ?? new Uint8Array(KEY_BYTES)
  const hmac = await signActivation(key, sessionId, call.secret === 'wrong' ? `not ${name}` : name)
  return { ...objectOf(call.body), hmac }
}

/** The parts of an answer that the model judges. */
export function toModelAnswer(answer: Answer, waitedMs: number): ApiAnswer {
  const createdId = idAtEndOf(answer.headers['location'])
  return { status: answer.status, body: answer.body, createdId, waitedMs }
}

/** Clocks tell whole milliseconds. */
const WHOLE_MS = 1

/** Creates the time of a target on its clock; without one, time is what our stopwatch shows. */
function createTargetTime(time: RealClock, readClock: (() => Promise<number>) | undefined) {
  let shown = 0
  let asked = time.stopwatch()
  let told = asked
  const now = (): number => shown + (time.stopwatch() - told)
  return {
    now,
    /** Reads the target's clock again; needed whenever its time was moved. */
    async read() {
      if (readClock === undefined) return
      asked = time.stopwatch()
      shown = await readClock()
      told = time.stopwatch()
    },
    /** Starts a moment; the returned function ends it. */
    begin() {
      const from = now()
      return (): TimeRange => ({ from, to: shown + (time.stopwatch() - asked) + WHOLE_MS })
    },
  }
}
