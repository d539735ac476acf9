/** The table of what a mock holds, as `serve` prints it. */
import { printable } from '../kernel/printable.js'
import type { SavedCollections } from '../mocks/world/collection.js'
import type { SavedWorld } from '../mocks/world/snapshot.js'

/** Projects and runners, one line each; text for a terminal. */
export function describeWorld(projects: SavedCollections[string], runners: SavedWorld['runners']): string {
  const rows = Object.entries(projects).flatMap(([workspace, list]) =>
    list.map(({ id, name }) => ['project', String(name), String(id), `workspace ${workspace}`]),
  )
  for (const { id, wire, owner, agents } of runners) {
    const names = agents.map(({ name }) => name).join(', ')
    rows.push(['runner', wire.name, id, `${wire.type} of ${owner.user}, agents: ${names || 'none'}`])
  }
  if (rows.length === 0) return 'no projects yet; each workspace gets its default project when it is first used'
  return toColumns(rows.map((row) => row.map(printable)))
}

function toColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
