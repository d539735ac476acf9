/** Reads a state file: one snapshot, or the lines that earlier versions wrote, up to the last complete commit. */
import { nestsTooDeeply, readJson } from '../../kernel/json-text.js'
import { fromKept } from '../../mocks/mock/snapshot-links.js'
import type { Snapshot } from '../../mocks/mock/runner-mock.js'
import { isObject, listOf, objectOf, type JsonObject } from '../../kernel/json-value.js'
import { readWhole, unusable } from './state-file.js'

const HEADER = '{"state_log":1}'

/** Reads a saved state; undefined before the first one. Throws a KitError for a file that holds something else. */
export async function readState(file: string): Promise<Snapshot | undefined> {
  try {
    const bytes = await readWhole(file)
    if (bytes === undefined) return undefined
    const isOfLines = bytes.toString('utf8', 0, HEADER.length + 1) === `${HEADER}\n`
    const snapshot = fromKept(isOfLines ? addUp(bytes) : parse(bytes))
    if (snapshot === undefined) throw new Error('something else than a saved state')
    return snapshot
  } catch (error) {
    throw unusable(file, error)
  }
}

function parse(bytes: Buffer): unknown {
  const text = bytes.toString()
  try {
    return nestsTooDeeply(text) ? undefined : readJson(text)
  } catch {
    return undefined
  }
}

/**
 * Lines count commit by commit. A batch with damage is passed over when it is the last one, as after a loss of power;
 * damage before that is not what a crash leaves behind, and the file counts as no state of ours.
 */
function addUp(bytes: Buffer): unknown {
  const records = new Map(['runner', 'job', 'command'].map((kind) => [kind, new Map<string, JsonObject>()]))
  const tables: Tables = { records, shelves: new Map() }
  let frame: JsonObject | undefined
  let [batch, isLost]: [unknown[], boolean] = [[], false]
  // Line by line, since a string may be too short for all. A last line without its end may be torn, and does not count.
  for (let start = HEADER.length + 1, end; (end = bytes.indexOf('\n', start)) >= 0; start = end + 1) {
    const line = parse(bytes.subarray(start, end))
    if (!isObject(line) || !('commit' in line)) batch.push(line)
    else if (isLost) return undefined
    else if (batch.every(isObject)) {
      for (const each of batch) apply(each, tables)
      frame = changed(frame, objectOf(line['commit']))
      batch = []
    } else isLost = true
  }
  return frame && toKept(frame, tables)
}

/** Records by kind, entries by collection and by workspace or owner; each by its id. */
interface Tables {
  readonly records: ReadonlyMap<string, Map<string, JsonObject>>
  readonly shelves: Map<string, Map<string, Map<string, JsonObject>>>
}

/** What version 0.1 called entries. */
const FORMER: Readonly<Record<string, string>> = { project: 'projects', trace: 'traces', span: 'spans' }

/** Applies a line; its first member says what kind it is. */
function apply(line: JsonObject, { records, shelves }: Tables): void {
  const [[name, body] = ['', undefined]] = Object.entries(line)
  const [kind, fields] = [name === 'gone' ? String(body) : name, objectOf(body)]
  const { id = fields['id'], command_id = id } = objectOf(fields['wire'])
  const [of, key] = [FORMER[kind] ?? String(line['of']), String(line['id'] ?? command_id)]
  if (kind === 'logs') return extendLog(records.get('job')?.get(of)?.['logs'], line)
  const table = records.get(kind) ?? shelfIn(shelves, of, String(line['in']))
  const known = table.get(key) ?? (kind === 'job' ? { logs: [] } : {})
  if (name === 'gone' || line['placed'] === true) table.delete(key)
  // A line without an entry says that there is a shelf.
  if (!isObject(body)) return
  if (!records.has(kind)) table.set(key, body)
  // A part of a missing resource is passed over: the whole follows.
  else if ('wire' in body || 'wire' in known) table.set(key, changed(known, body))
}

function shelfIn(shelves: Tables['shelves'], of: string, scope: string): Map<string, JsonObject> {
  const scopes = shelves.get(of) ?? new Map<string, Map<string, JsonObject>>()
  const shelf = scopes.get(scope) ?? new Map<string, JsonObject>()
  shelves.set(of, scopes.set(scope, shelf))
  return shelf
}

/** Replaces what stood behind a line of a job's log. */
function extendLog(log: unknown, { from, logs }: JsonObject): void {
  if (!Array.isArray(log)) return
  log.splice(Number(from))
  for (const line of listOf(logs)) log.push(line)
}

/** `null` takes a member away. */
function changed(known: JsonObject | undefined, changes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null))
}

/** What lines have come to, in the form of a snapshot that was written down. */
function toKept({ reaper, ...frame }: JsonObject, { records, shelves }: Tables): unknown {
  const all = (kind: string) => [...(records.get(kind)?.values() ?? [])]
  const noQueues = () => ({ pendingJobs: new Array<unknown>(), pendingCommands: new Array<unknown>() })
  const runners = new Map(all('runner').map((runner) => [runner['id'], { ...runner, ...noQueues() }]))
  const ownedIn = (kind: string, queue: keyof ReturnType<typeof noQueues>) =>
    all(kind).filter(({ wire }) => {
      const { runner_id, status, id, command_id = id } = objectOf(wire)
      if (status === 'pending') runners.get(runner_id)?.[queue].push(command_id)
      return runners.has(runner_id)
    })
  const [jobs, commands] = [ownedIn('job', 'pendingJobs'), ownedIn('command', 'pendingCommands')]
  const kept = toObject(shelves, (scopes) => toObject(scopes, (shelf) => [...shelf.values()]))
  const world = { collections: kept, sessions: [], runners: [...runners.values()], jobs, commands }
  return { ...frame, world: reaper === undefined ? world : { ...world, reaper } }
}

function toObject<Value>(map: ReadonlyMap<string, Value>, convert: (value: Value) => unknown): JsonObject {
  return Object.fromEntries([...map].map(([name, value]) => [name, convert(value)]))
}
