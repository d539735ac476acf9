// The drawings of the machines: everything is on them, and nothing lies on anything else.
import { describe, expect, it } from 'vitest'
import {
  diagrams,
  narrowDiagrams,
  type Diagram,
  type DiagramBox,
  type DiagramMove,
  type LabelledDiagram,
} from '../../src/generated/lifecycle-diagrams.js'
import { machines, type MachineName, type Rule } from '../../src/lifecycle/table.js'

const names = Object.keys(machines).filter((name): name is MachineName => Object.hasOwn(machines, name))

function overlap(a: DiagramBox, b: DiagramBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** The points of a path, control points of its corners included: a corner lies within them. */
function pointsOf({ path }: DiagramMove): [number, number][] {
  return [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
}

function stretchesOf(move: DiagramMove): DiagramBox[] {
  const points = pointsOf(move)
  return points.slice(1).map(([x, y], index) => {
    const [a = x, b = y] = points[index] ?? []
    return { x: Math.min(a, x), y: Math.min(b, y), width: Math.abs(a - x), height: Math.abs(b - y) }
  })
}

function isWithin({ x, y, width, height }: DiagramBox, outer: { width: number; height: number }): boolean {
  return x >= 0 && y >= 0 && x + width <= outer.width && y + height <= outer.height
}

describe.each(names)('the drawing of %s', (name) => {
  const labelled: LabelledDiagram = diagrams[name]
  const both: Diagram[] = [labelled, narrowDiagrams[name]]

  it('has every move of the rules, with its triggers', () => {
    const rules: readonly Rule[] = machines[name].rules
    const moves = rules.flatMap(({ on, from, to }) =>
      from.filter((state) => to !== null && to !== state).map((state) => `${state} ${on} ${to}`),
    )
    for (const { moves: drawn } of both) {
      const triggers = drawn.flatMap((move) => move.triggers.map((on) => `${move.from} ${on} ${move.to}`))
      expect(triggers.toSorted()).toEqual([...new Set(moves)].toSorted())
    }
  })

  it('lays no state or label upon another, and none outside', () => {
    const boxes = [...labelled.states, ...labelled.moves.map(({ label }) => label)]
    expect(boxes.filter((box) => boxes.some((other) => other !== box && overlap(box, other)))).toEqual([])
    expect(boxes.filter((box) => !isWithin(box, labelled))).toEqual([])
    for (const { states } of both) {
      expect(states.filter((state) => states.some((other) => other !== state && overlap(state, other)))).toEqual([])
    }
  })

  it('leads each line from state to state, past all others and past the labels of other lines', () => {
    for (const { states, moves } of both) {
      for (const move of moves) {
        const from = states.find((state) => state.name === move.from && state.kind !== 'end')
        const to = states.find((state) => state.name === move.to && state.kind !== 'start')
        const points = pointsOf(move)
        for (const [state, point] of [
          [from, points[0]],
          [to, points.at(-1)],
        ] as const) {
          const [x = NaN, y = NaN] = point ?? []
          const { x: left, y: top, width, height } = state ?? { x: NaN, y: NaN, width: NaN, height: NaN }
          expect(Math.min(Math.abs(x - left), Math.abs(x - left - width))).toBeLessThan(0.2)
          expect(y >= top && y <= top + height).toBe(true)
        }
        const others = states.filter((state) => state !== from && state !== to)
        const stretches = stretchesOf(move)
        expect(others.filter((state) => stretches.some((stretch) => overlap(stretch, state)))).toEqual([])
      }
    }
    for (const move of labelled.moves) {
      const labels = labelled.moves.filter((other) => other !== move).map(({ label }) => label)
      const stretches = stretchesOf(move)
      expect(labels.filter((label) => stretches.some((stretch) => overlap(stretch, label)))).toEqual([])
    }
  })
})
