/**
 * From the lines of a state file back to a snapshot. They come from a file, so nothing is taken for granted: what they
 * add up to is judged as a whole by whoever restores it.
 */
import { collections, type CollectionEntry } from '../../generated/collection-tables.js'
import { isFields, type Fields } from './fields.js'
import { FORMER_KINDS } from './entries.js'

/** What lines have added up to so far. */
export class Fold {
  private frame: Fields = {}
  private reaper: unknown
  private readonly runners = new Map<string, Fields>()
  private readonly jobs = new Map<string, Fields>()
  private readonly commands = new Map<string, Fields>()
  /** By collection, by workspace or owner, by key. */
  private readonly entries = new Map<string, Map<string, Map<string, unknown>>>()

  /** Begins with a whole snapshot, which is what files held before there were lines. */
  begin({ world, ...frame }: Fields): void {
    if (!isFields(world)) return
    this.frame = frame
    this.reaper = world['reaper']
    const kept = isFields(world['collections']) ? world['collections'] : {}
    for (const name of Object.values(FORMER_KINDS)) this.beginEntries(name, world[name])
    for (const [name, shelves] of Object.entries(kept)) this.beginEntries(name, shelves)
    for (const runner of itemsOf(world['runners'])) this.apply({ runner })
    for (const job of itemsOf(world['jobs'])) this.apply({ job })
    for (const command of itemsOf(world['commands'])) this.apply({ command })
  }

  /** Takes a line in. A part of something that is not there is passed over: a later line brings the whole. */
  apply(line: Fields): void {
    const { runner, job, command, logs, gone, commit } = line
    const isPlaced = line['placed'] === true
    if (isFields(runner)) put(this.runners, idOf(runner), runner, isPlaced)
    else if (isFields(job)) this.putJob(job, isPlaced)
    else if (isFields(command)) put(this.commands, keyOf(command), command, isPlaced)
    else if (isFields(commit)) this.commit(commit)
    else if (Array.isArray(logs)) this.extendLog(line['of'], Number(line['from']), logs)
    else if (gone !== undefined) this.remove(gone, line)
    else this.putEntry(line, isPlaced)
  }

  /** All of it, in the form of a snapshot that was written down. */
  toKept(): unknown {
    const jobs = [...this.jobs.values()].filter((job) => this.runners.has(runnerOf(job)))
    const jobsOf = groupByRunner(jobs)
    const commandsOf = groupByRunner(this.commands.values())
    const runners = [...this.runners].map(([id, runner]) => ({
      ...runner,
      pendingJobs: queueOf(runner['pendingJobs'], jobsOf.get(id), 'id'),
      pendingCommands: queueOf(runner['pendingCommands'], commandsOf.get(id), 'command_id'),
    }))
    const commands = [...this.runners.keys()].flatMap((id) => commandsOf.get(id) ?? [])
    const kept = Object.fromEntries([...this.entries].map(([name, shelves]) => [name, toLists(shelves)]))
    const reaper = this.reaper === undefined ? {} : { reaper: this.reaper }
    return { ...this.frame, world: { collections: kept, sessions: [], runners, jobs, commands, ...reaper } }
  }

  private commit({ reaper, ...frame }: Fields): void {
    this.frame = changed(this.frame, frame)
    if (reaper !== undefined) this.reaper = reaper
  }

  private putJob(job: Fields, isPlaced: boolean): void {
    const id = idOf(job['wire'])
    put(this.jobs, id, this.jobs.has(id) ? job : { logs: [], ...job }, isPlaced)
  }

  private extendLog(id: unknown, from: number, lines: readonly unknown[]): void {
    const log = this.jobs.get(String(id))?.['logs']
    if (!Array.isArray(log)) return
    log.splice(from)
    for (const line of lines) log.push(line)
  }

  private remove(kind: unknown, line: Fields): void {
    const [id, place] = [String(line['id']), String(line['in'])]
    if (kind === 'runner') this.runners.delete(id)
    if (kind === 'job') this.jobs.delete(id)
    if (kind === 'command') this.commands.delete(commandKey(place, id))
    const of = FORMER_KINDS[String(kind)] ?? line['of']
    if (typeof of === 'string') this.entries.get(of)?.get(place)?.delete(id)
  }

  private putEntry(line: Fields, isPlaced: boolean): void {
    const kind = Object.keys(line).find((name) => name === 'entry' || name in FORMER_KINDS)
    if (kind === undefined) return
    const name = FORMER_KINDS[kind] ?? String(line['of'])
    const entries = this.shelf(name, String(line['in']))
    const entry = line[kind]
    if (!isFields(entry)) return
    const key = String(entry[keyField(name)])
    if (isPlaced) entries.delete(key)
    entries.set(key, entry)
  }

  private beginEntries(of: string, saved: unknown): void {
    if (!isFields(saved)) return
    for (const [scope, list] of Object.entries(saved)) {
      this.shelf(of, scope)
      for (const entry of itemsOf(list)) this.putEntry({ entry, of, in: scope }, false)
    }
  }

  private shelf(name: string, scope: string): Map<string, unknown> {
    const shelves = this.entries.get(name) ?? new Map<string, Map<string, unknown>>()
    this.entries.set(name, shelves)
    const shelf = shelves.get(scope) ?? new Map<string, unknown>()
    shelves.set(scope, shelf)
    return shelf
  }
}

/** The field by which a collection knows its entries. */
function keyField(name: string): string {
  const forms: Readonly<Record<string, CollectionEntry>> = collections
  return Object.hasOwn(forms, name) ? (forms[name]?.key ?? 'id') : 'id'
}

/** Adds or changes a record; what is no whole record changes one that is there. */
function put(records: Map<string, Fields>, id: string, fields: Fields, isPlaced: boolean): void {
  const known = records.get(id)
  if (known === undefined && !('wire' in fields)) return
  if (isPlaced) records.delete(id)
  records.set(id, changed(known ?? {}, fields))
}

/** `null` takes a member away. */
function changed(known: Fields, changes: Fields): Fields {
  const members = Object.entries({ ...known, ...changes }).filter(([, value]) => value !== null)
  return Object.fromEntries(members)
}

function groupByRunner(records: Iterable<Fields>): Map<string, Fields[]> {
  const groups = new Map<string, Fields[]>()
  for (const record of records) {
    const runner = runnerOf(record)
    const group = groups.get(runner)
    if (group === undefined) groups.set(runner, [record])
    else group.push(record)
  }
  return groups
}

/** A queue holds what is pending: first in the order that was noted, then in the order in which it was made. */
function queueOf(noted: unknown, records: readonly Fields[] = [], idField: string): unknown[] {
  const pending = new Set(
    records.flatMap(({ wire }) => (isFields(wire) && wire['status'] === 'pending' ? [wire[idField]] : [])),
  )
  return [...new Set([...itemsOf(noted).filter((id) => pending.has(id)), ...pending])]
}

function toLists(entries: ReadonlyMap<string, ReadonlyMap<string, unknown>>): unknown {
  return Object.fromEntries([...entries].map(([workspace, list]) => [workspace, [...list.values()]]))
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? Array.from<unknown>(value) : []
}

function idOf(value: unknown): string {
  return isFields(value) ? String(value['id']) : ''
}

function runnerOf({ wire }: Fields): string {
  return isFields(wire) ? String(wire['runner_id']) : ''
}

function keyOf(command: Fields): string {
  const { wire } = command
  return commandKey(runnerOf(command), isFields(wire) ? String(wire['command_id']) : '')
}

function commandKey(runner: string, id: string): string {
  return `${runner} ${id}`
}
