/** Lists that draw only the rows in sight, between which the keyboard moves. Callers keep which one is current. */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

interface VirtualListProps<Item> {
  readonly items: readonly Item[]
  readonly keyOf: (item: Item) => string
  readonly rowHeight: number
  /** The same where the list is as narrow as a telephone, `NARROW`. Default: as elsewhere. */
  readonly narrowRowHeight?: number
  readonly label: string
  readonly current: string | undefined
  /** Another row was chosen; one that the keyboard moves to replaces the one before it in the history. */
  readonly onMove: (item: Item, how: 'replace' | 'push') => void
  readonly children: (item: Item) => ComponentChildren
  readonly empty: ComponentChildren
}

/** Pixels up to which a list is narrow; container queries in the style sheets say the same. */
const NARROW = 480

const OVERSCAN = 6

export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { items, keyOf, label, current, children, empty, onMove } = props
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const { height, width } = useSize(box, { width: innerWidth, height: 800 })
  const rowHeight = (width <= NARROW ? props.narrowRowHeight : undefined) ?? props.rowHeight
  const place = current === undefined ? -1 : items.findIndex((item) => keyOf(item) === current)
  useLayoutEffect(() => reveal(box.current, place, rowHeight), [current, rowHeight])
  useSteady(box, (index) => (items[index] === undefined ? undefined : keyOf(items[index])), rowHeight)
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN)
  const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + OVERSCAN)
  const isShown = place >= first && place < last
  if (items.length === 0) return <div class="empty">{empty}</div>
  return (
    <div
      ref={box}
      class="virtual-list"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={isShown && current !== undefined ? `row-${current}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={(event) => moveByKey(event, props, place, height / rowHeight)}
    >
      <div class="virtual-space" role="presentation" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, index) => {
          const key = keyOf(item)
          return (
            <div
              key={key}
              id={`row-${key}`}
              class={key === current ? 'row current' : 'row'}
              role="option"
              aria-selected={key === current}
              aria-posinset={first + index + 1}
              aria-setsize={items.length}
              style={{ height: `${rowHeight}px`, transform: `translateY(${(first + index) * rowHeight}px)` }}
              onClick={() => onMove(item, 'push')}
            >
              {children(item)}
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** The size of a box as it changes, its height inside its borders; `initial` until it is known. */
export function useSize(box: { current: HTMLDivElement | null }, initial: { width: number; height: number }) {
  const [size, setSize] = useState(initial)
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => {
      const { offsetWidth: width, clientHeight: height } = element
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }))
    })
    observer.observe(element)
    return () => observer.disconnect()
  })
  return size
}

/** Rows that may come in at once without the list losing its place. */
const MAX_NEW = 200

/** Keeps what is looked at in its place when rows come in above it. */
function useSteady(
  box: { current: HTMLDivElement | null },
  key: (index: number) => string | undefined,
  rowHeight: number,
): void {
  const before = useRef<{ key: string | undefined; place: number }>({ key: undefined, place: 0 })
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const known = before.current
    if (known.place > 0 && known.key !== undefined) {
      let place = known.place
      while (place < known.place + MAX_NEW && key(place) !== known.key) place++
      if (key(place) === known.key) element.scrollTop += (place - known.place) * rowHeight
    }
    const place = Math.floor(element.scrollTop / rowHeight)
    before.current = { key: key(place), place }
  })
}

function reveal(box: HTMLDivElement | null, place: number, rowHeight: number): void {
  if (box === null || place < 0) return
  const top = place * rowHeight
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight
}

function moveByKey<Item>(event: KeyboardEvent, props: VirtualListProps<Item>, place: number, inSight: number): void {
  const { items, onMove } = props
  if (event.altKey || event.ctrlKey || event.metaKey || event.target !== event.currentTarget) return
  const [last, page] = [items.length - 1, Math.max(1, Math.floor(inSight) - 1)]
  const targets: Readonly<Record<string, number>> = {
    ...{ ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page },
    ...{ Home: 0, End: last },
  }
  const target = targets[event.key]
  const item = target === undefined ? undefined : items[Math.min(Math.max(target, 0), last)]
  if (item === undefined) return
  event.preventDefault()
  onMove(item, 'replace')
}

/** The head of a column, what it shows of an item, and the class of a span around that. */
export type Column<Item> = readonly [head: string, cell: (item: Item) => ComponentChildren, kind?: string]

/** @param props `kind`: the class of its rows and of their heads */
export function TableList<Item>(
  props: Omit<VirtualListProps<Item>, 'children'> & { kind: string; columns: readonly Column<Item>[] },
) {
  const { kind, columns, ...list } = props
  return (
    <>
      <div class={`${kind} item-head`} aria-hidden="true">
        {columns.map(([head], at) => (
          <span key={at}>{head}</span>
        ))}
      </div>
      <VirtualList {...list}>
        {(item) => (
          <div class={kind}>
            {columns.map(([, cell, own]) => (own === undefined ? cell(item) : <span class={own}>{cell(item)}</span>))}
          </div>
        )}
      </VirtualList>
    </>
  )
}
