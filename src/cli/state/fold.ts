/**
 * From the lines of a state file back to a snapshot. They come from a file, so nothing is taken for granted: what they
 * add up to is judged as a whole by whoever restores it.
 */
import { collections, type CollectionEntry } from '../../generated/collection-tables.js'
import { isObject, objectOf, type JsonObject } from '../../spec/json-value.js'

type Records = Map<string, JsonObject>

/** What version 0.1 called entries of collections, and where they are kept now. */
const FORMER: Readonly<Record<string, string>> = { project: 'projects', trace: 'traces', span: 'spans' }

const forms: Readonly<Record<string, CollectionEntry>> = collections

/** What lines have added up to so far. */
export class Fold {
  private frame: JsonObject = {}
  private readonly runners: Records = new Map()
  private readonly jobs: Records = new Map()
  private readonly commands: Records = new Map()
  /** By collection, by workspace or owner, by key. */
  private readonly shelves = new Map<string, Map<string, Records>>()

  /** Begins with a whole snapshot, which is what files held before there were lines. */
  begin({ world, ...frame }: JsonObject): void {
    const { projects, traces, spans, collections: kept, runners, jobs, commands, reaper } = objectOf(world)
    this.frame = changed(frame, { reaper: reaper ?? null })
    for (const [of, scopes] of Object.entries(objectOf(kept ?? { projects, traces, spans }))) {
      for (const [scope, list] of Object.entries(objectOf(scopes))) {
        for (const entry of [null, ...itemsOf(list)]) this.apply({ entry, of, in: scope })
      }
    }
    for (const runner of itemsOf(runners)) this.apply({ runner })
    for (const job of itemsOf(jobs)) this.apply({ job })
    for (const command of itemsOf(commands)) this.apply({ command })
  }

  /** Takes a line in; its first member says what it is. A part of what is not there is passed over: the whole follows. */
  apply(line: JsonObject): void {
    const [[kind, body] = ['', undefined]] = Object.entries(line)
    const fields = objectOf(body)
    const { id, runner_id, command_id } = objectOf(fields['wire'])
    const isPlaced = line['placed'] === true
    if (kind === 'commit') this.frame = changed(this.frame, fields)
    else if (kind === 'logs') this.extendLog(line)
    else if (kind === 'gone') this.remove(String(body), line)
    else if (kind === 'runner') put(this.runners, String(fields['id']), fields, isPlaced)
    else if (kind === 'command') put(this.commands, keyOf(runner_id, command_id), fields, isPlaced)
    else if (kind === 'job') {
      put(this.jobs, String(id), this.jobs.has(String(id)) ? fields : { logs: [], ...fields }, isPlaced)
    } else {
      const of = FORMER[kind] ?? String(line['of'])
      const shelf = this.shelf(of, line['in'])
      const key = String(fields[forms[of]?.key ?? 'id'])
      // A line without an entry says that there is a shelf.
      if (!isObject(body)) return
      if (isPlaced) shelf.delete(key)
      shelf.set(key, fields)
    }
  }

  /** All of it, in the form of a snapshot that was written down. */
  toKept(): unknown {
    const { reaper, ...frame } = this.frame
    const isOwned = ({ wire }: JsonObject): boolean => this.runners.has(String(objectOf(wire)['runner_id']))
    const [jobs, commands] = [[...this.jobs.values()].filter(isOwned), [...this.commands.values()].filter(isOwned)]
    const [pendingJobs, pendingCommands] = [pendingOf(jobs, 'id'), pendingOf(commands, 'command_id')]
    const runners = [...this.runners].map(([id, runner]) => ({
      ...runner,
      pendingJobs: inOrder(runner['pendingJobs'], pendingJobs.get(id)),
      pendingCommands: inOrder(runner['pendingCommands'], pendingCommands.get(id)),
    }))
    const shelves = toObject(this.shelves, (scopes) => toObject(scopes, (shelf) => [...shelf.values()]))
    const world = { collections: shelves, sessions: [], runners, jobs, commands }
    return { ...frame, world: reaper === undefined ? world : { ...world, reaper } }
  }

  private extendLog({ of, from, logs }: JsonObject): void {
    const log = this.jobs.get(String(of))?.['logs']
    if (!Array.isArray(log)) return
    log.splice(Number(from))
    for (const line of itemsOf(logs)) log.push(line)
  }

  private remove(kind: string, { id, of, in: place }: JsonObject): void {
    if (kind === 'runner') this.runners.delete(String(id))
    else if (kind === 'job') this.jobs.delete(String(id))
    else if (kind === 'command') this.commands.delete(keyOf(place, id))
    else this.shelf(FORMER[kind] ?? String(of), place).delete(String(id))
  }

  private shelf(of: string, place: unknown): Records {
    const [scope, scopes] = [String(place), this.shelves.get(of) ?? new Map<string, Records>()]
    const shelf: Records = scopes.get(scope) ?? new Map()
    this.shelves.set(of, scopes.set(scope, shelf))
    return shelf
  }
}

/** Adds or changes a record; what is no whole record changes one that is there. */
function put(records: Records, id: string, fields: JsonObject, isPlaced: boolean): void {
  const known = records.get(id)
  if (known === undefined && !('wire' in fields)) return
  if (isPlaced) records.delete(id)
  records.set(id, changed(known ?? {}, fields))
}

/** `null` takes a member away. */
function changed(known: JsonObject, changes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null))
}

/** Ids of what is pending, by runner. */
function pendingOf(records: readonly JsonObject[], idField: string): Map<unknown, unknown[]> {
  const queues = new Map<unknown, unknown[]>()
  for (const { wire } of records) {
    const { runner_id, status, [idField]: id } = objectOf(wire)
    const queue = queues.get(runner_id) ?? []
    if (status === 'pending') queue.push(id)
    queues.set(runner_id, queue)
  }
  return queues
}

/** A queue: first in the order that was noted, then in the order in which things were made. */
function inOrder(noted: unknown, pending: readonly unknown[] = []): unknown[] {
  const waiting = new Set(pending)
  return [...new Set([...itemsOf(noted).filter((id) => waiting.has(id)), ...pending])]
}

function toObject<Value>(map: ReadonlyMap<string, Value>, convert: (value: Value) => unknown): JsonObject {
  return Object.fromEntries([...map].map(([name, value]) => [name, convert(value)]))
}

const keyOf = (runner: unknown, id: unknown): string => `${String(runner)} ${String(id)}`

const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? Array.from<unknown>(value) : [])
