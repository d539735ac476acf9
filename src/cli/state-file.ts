/**
 * `--state FILE`: the mock's state kept over restarts. It is written beside the file and then moved over it, so that a
 * crash while writing leaves the earlier state whole; and only when something has happened since the last time.
 */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { KitError } from '../errors.js'
import { fromKept, toKept } from '../mocks/kept-snapshot.js'
import type { RunnerMock, Snapshot } from '../mocks/runner-mock.js'

/** Milliseconds between two looks at whether there is something to save. */
const SAVE_EVERY_MS = 500

/** Keeps a mock's state in a file. */
export interface StateKeeper {
  /** Saves once more, and stops. */
  close(): Promise<void>
}

/**
 * Reads a saved state; undefined when there is none yet.
 * @throws KitError `state/unusable` for a file that holds something else
 */
export async function readState(file: string): Promise<Snapshot | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unusable(file, error instanceof Error ? error.message : String(error))
  }
  const saved = fromKept(parse(text))
  if (saved !== undefined) return saved
  throw unusable(file, 'something else than a saved state')
}

/**
 * Saves a mock's state now and whenever it has changed.
 * @param onTrouble told when saving fails and when it works again; the mock serves on
 */
export function keepState(file: string, mock: RunnerMock, onTrouble: (message: string) => void): StateKeeper {
  // What was restored, or the scenario, is worth saving too.
  let hasChanged = true
  let isFailing = false
  const stopListening = mock.on('*', (event) => {
    if (event.type !== 'request' || event.method !== 'GET') hasChanged = true
  })
  let saving: Promise<void> = Promise.resolve()
  const save = (): Promise<void> => {
    saving = saving.then(async () => {
      if (!hasChanged) return
      hasChanged = false
      try {
        await replaceFile(file, JSON.stringify(toKept(withoutSecrets(mock.snapshot()))))
        if (isFailing) onTrouble(`The state is saved to ${file} again.`)
        isFailing = false
      } catch (error) {
        if (!isFailing) onTrouble(`The state cannot be saved to ${file}: ${String(error)}. Serving goes on without it.`)
        isFailing = true
        hasChanged = true
      }
    })
    return saving
  }
  const stopping = new AbortController()
  void saveEvery(SAVE_EVERY_MS, save, stopping.signal)
  return {
    async close() {
      stopping.abort()
      stopListening()
      hasChanged = true
      await save()
    },
  }
}

/** In real time, whatever the mock's clock does, and without keeping the process alive. */
async function saveEvery(ms: number, save: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
    await save()
  }
}

/**
 * Activation keys and signatures stay in memory: a session that is open when the server stops is over when it starts
 * again, and a command that its daemon has not taken yet is unsigned then.
 */
function withoutSecrets(snapshot: Snapshot): Snapshot {
  const { world } = snapshot
  const commands = world.commands.map(({ wire, ...rest }) => ({ ...rest, wire: { ...wire, ...unsigned(wire) } }))
  return { ...snapshot, world: { ...world, sessions: [], commands } }
}

type Signed = Partial<Pick<Snapshot['world']['commands'][number]['wire'], 'args' | 'result'>>

function unsigned({ args, result }: Signed): Signed {
  return {
    ...(args === undefined ? {} : { args: withoutSignature(args) }),
    ...(result === undefined ? {} : { result: withoutSignature(result) }),
  }
}

function withoutSignature<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || !('_hmac' in value)) return value
  const copy = { ...value }
  Reflect.deleteProperty(copy, '_hmac')
  return copy
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`
  try {
    const handle = await open(draft, 'w', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unusable(file: string, found: string): KitError {
  return new KitError('state/unusable', {
    failed: `The state file ${file} cannot be used.`,
    value: found,
    fix: 'Name a file that --state has written, or one that does not exist yet.',
  })
}
