// What the spec says in a schema or under x-lifecycle is typed nowhere else: a default, a limit, a pattern.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { constants } from '../../src/lifecycle/table.js'

/** The one file that may have it. */
const UUID_FILE = 'kernel/id-source.ts'

const sources = readdirSync(new URL('../../src/', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('generated/'))
  .map((name) => ({ name, text: readFileSync(new URL(`../../src/${name}`, import.meta.url), 'utf8') }))

const filesWith = (pattern: RegExp): string[] =>
  sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

/** Names of what the constants of the spec are about. */
const ABOUT = 'TTL|BATCH|GRACE|MERGE|PAGE_SIZE|DEFAULT_SIZE|MIN_WAIT|READ_SECONDS|LIFE'

describe('what the spec says', () => {
  it('is no pattern typed by hand', () => {
    expect(filesWith(/\[a-z_\]\+/)).toEqual([])
    expect(filesWith(/\{8\}.{0,20}\{4\}.{0,20}\{12\}/)).toEqual([UUID_FILE])
  })

  it('is no number typed by hand', () => {
    const values = Object.values(constants).filter((value) => typeof value === 'number')
    const typed = new RegExp(`\\b\\w*(?:${ABOUT})\\w*\\b[^\\n=]*= (?:${values.join('|')})\\b`, 'i')
    expect('const DEFAULT_TTL_SECONDS = 300').toMatch(typed)
    expect(filesWith(typed)).toEqual([])
  })
})
