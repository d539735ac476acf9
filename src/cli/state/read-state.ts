/**
 * Reads a state file: its lines up to the last complete commit, whatever a crash has left behind that, or one snapshot,
 * as version 0.1.0 has written it. What they come to is judged as a whole.
 */
import { readFile, stat } from 'node:fs/promises'
import { collections, type CollectionEntry } from '../../generated/collection-tables.js'
import { readJson } from '../../kernel/json-text.js'
import { fromKept } from '../../mocks/mock/kept-snapshot.js'
import type { Snapshot } from '../../mocks/mock/runner-mock.js'
import { isObject, listOf, objectOf, type JsonObject } from '../../spec/json-value.js'
import { unlessMissing, unusable } from './state-file.js'
import { HEADER } from './state-lines.js'

/**
 * Reads a saved state; undefined when there is none yet.
 * @throws KitError `state/unusable` for a file that holds something else
 */
export async function readState(file: string): Promise<Snapshot | undefined> {
  try {
    const found = await stat(file).catch(unlessMissing)
    if (found === undefined) return undefined
    if (!found.isFile()) throw new Error('no file')
    const bytes = await readFile(file)
    const isOfLines = bytes.toString('utf8', 0, HEADER.length + 1) === `${HEADER}\n`
    const snapshot = fromKept(isOfLines ? addUp(linesIn(bytes)) : parse(bytes))
    if (snapshot === undefined) throw new Error('something else than a saved state')
    return snapshot
  } catch (error) {
    throw unusable(file, error)
  }
}

/** One by one, since all of them may be more than a string can hold. What has no end may be torn, and is no line. */
function* linesIn(bytes: Buffer): Generator<unknown, void> {
  for (let start = HEADER.length + 1, end; (end = bytes.indexOf('\n', start)) >= 0; start = end + 1) {
    yield parse(bytes.subarray(start, end))
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return readJson(bytes.toString())
  } catch {
    return undefined
  }
}

/**
 * Lines count commit by commit. A batch with damage is passed over when it is the last one, as after a loss of power;
 * damage before that is not what a crash leaves behind, and the file counts as no state of ours.
 */
function addUp(lines: Iterable<unknown>): unknown {
  const tables: Tables = { records: new Map(), shelves: new Map() }
  let frame: JsonObject | undefined
  let [batch, isLost]: [unknown[], boolean] = [[], false]
  for (const line of lines) {
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

/** By what they are of, by workspace, owner or runner, by key. */
type Table = Map<string, Map<string, Map<string, JsonObject>>>
type Tables = Readonly<Record<'records' | 'shelves', Table>>

/** What version 0.1 called entries of collections, and where they are kept now. */
const FORMER: Readonly<Record<string, string>> = { project: 'projects', trace: 'traces', span: 'spans' }

const RECORDS = ['runner', 'job', 'command']
const forms: Readonly<Record<string, CollectionEntry>> = collections

/** Takes a line in; its first member says what it is. */
function apply(line: JsonObject, { records, shelves }: Tables): void {
  const [[name, body] = ['', undefined]] = Object.entries(line)
  const [kind, fields] = [name === 'gone' ? String(body) : name, objectOf(body)]
  const { id = fields['id'], command_id, runner_id } = objectOf(fields['wire'])
  const isRecord = RECORDS.includes(kind)
  const of = isRecord ? kind : (FORMER[kind] ?? String(line['of']))
  const scope = String(line['in'] ?? (kind === 'command' ? runner_id : ''))
  const ownId = isRecord ? (command_id ?? id) : fields[forms[of]?.key ?? 'id']
  if (name === 'logs') extendLog(records.get('job')?.get('')?.get(of), line)
  else put(tableIn(isRecord ? records : shelves, of, scope), String(line['id'] ?? ownId), line, isRecord)
}

function put(table: Map<string, JsonObject>, key: string, line: JsonObject, isRecord: boolean): void {
  const [[name, body] = ['', undefined]] = Object.entries(line)
  const known = table.get(key)
  if (name === 'gone' || line['placed'] === true) table.delete(key)
  // A line without an entry says that there is a shelf; a part of what is not there is passed over: the whole follows.
  if (!isObject(body) || (isRecord && known === undefined && !('wire' in body))) return
  table.set(key, isRecord ? changed(known ?? (name === 'job' ? { logs: [] } : {}), body) : body)
}

function tableIn(table: Table, name: string, scope: string): Map<string, JsonObject> {
  const scopes = table.get(name) ?? new Map<string, Map<string, JsonObject>>()
  const found = scopes.get(scope) ?? new Map<string, JsonObject>()
  table.set(name, scopes.set(scope, found))
  return found
}

/** Replaces what stood behind a line of a job's log. */
function extendLog(job: JsonObject | undefined, { from, logs }: JsonObject): void {
  const log = job?.['logs']
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
  const all = (kind: string) => [...(records.get(kind)?.values() ?? [])].flatMap((table) => [...table.values()])
  const queues = new Map(
    all('runner').map(({ id }): [unknown, Queues] => [id, { pendingJobs: [], pendingCommands: [] }]),
  )
  const ownedIn = (kind: string, queue: keyof Queues, idName: string) =>
    all(kind).filter(({ wire }) => {
      const { runner_id, status, [idName]: id } = objectOf(wire)
      if (status === 'pending') queues.get(runner_id)?.[queue].push(id)
      return queues.has(runner_id)
    })
  const [jobs, commands] = [ownedIn('job', 'pendingJobs', 'id'), ownedIn('command', 'pendingCommands', 'command_id')]
  const runners = all('runner').map((runner) => ({ ...runner, ...queues.get(runner['id']) }))
  const kept = toObject(shelves, (scopes) => toObject(scopes, (shelf) => [...shelf.values()]))
  const world = { collections: kept, sessions: [], runners, jobs, commands }
  return { ...frame, world: reaper === undefined ? world : { ...world, reaper } }
}

/** What is pending of a runner, in the order in which it was made. */
type Queues = Record<'pendingJobs' | 'pendingCommands', unknown[]>

function toObject<Value>(map: ReadonlyMap<string, Value>, convert: (value: Value) => unknown): JsonObject {
  return Object.fromEntries([...map].map(([name, value]) => [name, convert(value)]))
}
