/**
 * `--state FILE`: the mock's state kept over restarts, as one snapshot. After a change the file is written again, at
 * most once a second and never for more than a tenth of the time.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { realTime } from '../../kernel/clock.js'
import { copyJson, writeJson } from '../../kernel/json-text.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { keylessCrew } from '../../mocks/mock/snapshot-links.js'
import { recordsOf } from '../../mocks/world/snapshot.js'
import type { World } from '../../mocks/world/world.js'
import { readState, isAsLeft, lockState, replaceFile, type LeftFile } from './state-file.js'

/**
 * Takes a state file for this process alone: what it holds, and what keeps the state of a mock in it.
 * @throws KitError for a file that another process has, or that cannot be read
 */
export async function openState(name: string) {
  const file = lockState(name)
  const keep = (mock: RunnerMock, tell: (trouble: string) => void) => keepState(file, mock, tell)
  return { snapshot: await readState(file), keep }
}

/** Times as long as the last save took, the next one waits. */
const REST = 9

/**
 * Watches a mock at once, and keeps its state in a file that no other process writes, from `start` to `close`.
 * @param tell told when saving fails and when it works again; the mock serves on
 * @param everyMs the least real milliseconds between two looks at what has changed
 */
export function keepState(file: string, mock: RunnerMock, tell: (trouble: string) => void, everyMs = 1000) {
  let left: LeftFile | undefined
  /** The world and its changes, and the state outside of it, as they were saved last. */
  let saved: { world: World; changes: number } | undefined
  let frame = ''
  let isMoved = false
  let tookMs = 0
  let isFailing = false
  let saving: Promise<void> | undefined
  const stopping = new AbortController()

  /** Never rejects; the first failure in a row is told. */
  const save = async (): Promise<void> => {
    const startedAt = realTime()
    try {
      // A clock that runs is no change to write.
      const { clock: _, ...rest } = mock.frame()
      const now = writeJson(rest)
      const found = mock.inspect((world) => ({ world, changes: world.changes }))
      const isSaved = found.world === saved?.world && found.changes === saved.changes && now === frame && !isMoved
      if (isSaved && left !== undefined && (await isAsLeft(file, left))) return
      left = undefined
      isMoved = false
      saved = found
      frame = now
      left = await replaceFile(file, `${writeJson(keptState(mock))}\n`)
      if (isFailing) tell(`The state is saved to ${file} again.`)
      isFailing = false
    } catch (error) {
      if (!isFailing) tell(`The state cannot be saved to ${file}: ${String(error)}. Serving goes on.`)
      isFailing = true
    }
    tookMs = realTime() - startedAt
  }

  const saveOn = async ({ signal }: AbortController): Promise<void> => {
    while (!signal.aborted) {
      await delay(Math.max(everyMs, REST * tookMs), undefined, { signal, ref: false }).catch(() => undefined)
      await save()
    }
  }

  mock.on('clock', () => (isMoved = true))
  return {
    /** Saves, and goes on to do so in real time, whatever the mock's clock does, without keeping the process alive. */
    async start(): Promise<void> {
      await save()
      saving = saveOn(stopping)
    },
    async close(): Promise<void> {
      stopping.abort()
      await saving
      await save()
    },
  }
}

/**
 * A snapshot without keys and signatures: open sessions are gone after a restart, and untaken commands are unsigned. It
 * is written at once, so nothing is copied.
 */
function keptState(mock: RunnerMock): object {
  const { crew, ...frame } = mock.frame()
  return mock.inspect((world) => {
    const { commands, ...records } = recordsOf(world)
    const unsigned = commands.map(({ wire, pickedUpAt }) => ({ wire: copyJson(wire, '_hmac'), pickedUpAt }))
    const kept = { ...records, sessions: [], commands: unsigned }
    return { ...frame, saved_at: realTime(), world: kept, crew: crew && keylessCrew(crew, world) }
  })
}
