/** A list of rows in columns, under their heads. */
import type { ComponentChildren } from 'preact'
import { VirtualList, type VirtualListProps } from './virtual-list.js'

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
