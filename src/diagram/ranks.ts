/** Columns of a state diagram: each state's longest way from the start, where moves that lead back do not count. */

/** A move between two states. */
export interface Move {
  from: string
  to: string
}

/** Ranks by state; the end comes after all others. */
export function rankStates(
  names: readonly string[],
  moves: readonly Move[],
  start: string,
  end: string,
): ReadonlyMap<string, number> {
  const back = findBackMoves(moves, start)
  const ranks = new Map(names.map((name) => [name, 0]))
  const forward = moves.filter((move) => !back.has(move) && move.to !== end)
  for (let round = 0; round < names.length; round++) {
    for (const { from, to } of forward) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(from) ?? 0) + 1))
    }
  }
  if (ranks.has(end)) ranks.set(end, Math.max(...ranks.values()) + 1)
  return ranks
}

/** Moves to a state through which the way from the start has come. */
function findBackMoves(moves: readonly Move[], start: string): ReadonlySet<Move> {
  const back = new Set<Move>()
  const done = new Set<string>()
  const visit = (state: string, way: readonly string[]): void => {
    if (done.has(state)) return
    for (const move of moves.filter(({ from }) => from === state)) {
      if (move.to === state || way.includes(move.to)) back.add(move)
      else visit(move.to, [...way, state])
    }
    done.add(state)
  }
  visit(start, [])
  return back
}
