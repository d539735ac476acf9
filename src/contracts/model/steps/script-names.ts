/** Names for the ids of a story: shell variables in its script. */

/** Ids by the names of shell variables. */
export interface Names {
  /** Names an id `PREFIX_n`; the same id keeps its name. */
  add(prefix: string, id: string): string
  find(id: string): string | undefined
  /** Text as a shell word, with variables in the place of ids that have a name. */
  quote(text: string): string
  /** Text for people and for comparison: names in the place of ids. */
  plain(text: string): string
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

/** Creates names, none given yet. */
export function createNames(): Names {
  const byId = new Map<string, string>()
  const counts = new Map<string, number>()
  return {
    add(prefix, id) {
      const known = byId.get(id)
      if (known !== undefined) return known
      const count = (counts.get(prefix) ?? 0) + 1
      counts.set(prefix, count)
      byId.set(id, `${prefix}_${count}`)
      return `${prefix}_${count}`
    },
    find: (id) => byId.get(id),
    quote(text) {
      const parts = text.split(new RegExp(`(${UUID.source})`))
      const words = parts.map((part) => {
        const name = byId.get(part)
        return name === undefined ? singleQuoted(part) : `"$${name}"`
      })
      return words.join('') || "''"
    },
    plain: (text) =>
      text.replaceAll(UUID, (id) => (byId.has(id) ? `$${byId.get(id)}` : '<id>')).replaceAll(TIME, '<time>'),
  }
}

function singleQuoted(text: string): string {
  if (text === '') return ''
  return `'${text.replaceAll("'", `'"'"'`)}'`
}
