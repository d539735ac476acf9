// Links of Markdown documents, and the headings that they may lead to.
import { partsOf } from './blocks.js'

export interface Link {
  line: number
  /** '' for a place in the same document. */
  target: string
  /** What stands behind `#`. */
  anchor: string | undefined
}

const INLINE = /\]\(<?([^()\s>#]*)(?:#([^()\s>]*))?>?(?: "[^"]*")?\)/g
const REFERENCE = /^ {0,3}\[[^\]]+\]: <?([^\s>#]*)(?:#([^\s>]*))?>?$/g

/** Links and pictures, in order, and what references stand for. */
export function linksOf(page: string): Link[] {
  return partsOf(page).prose.flatMap((line, index) => {
    const text = line.replaceAll(/`[^`]*`/g, '')
    return [...text.matchAll(INLINE), ...text.matchAll(REFERENCE)].map(([, target = '', anchor]) => ({
      line: index + 1,
      target,
      anchor,
    }))
  })
}

const anchors = new Map<string, Set<string>>()

/** What headings are called behind `#`, by GitHub's rule. */
export function anchorsOf(page: string): Set<string> {
  const found = anchors.get(page) ?? new Set<string>()
  if (anchors.has(page)) return found
  anchors.set(page, found)
  for (const line of partsOf(page).prose) {
    const [, heading] = /^#{1,6} (.*)$/.exec(line) ?? []
    if (heading === undefined) continue
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '')
    const slug = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let name = slug
    for (let count = 1; found.has(name); count++) name = `${slug}-${count}`
    found.add(name)
  }
  return found
}
