/** `--waivers FILE` and `--baseline FILE` of verify: read as the suites want them, each flaw told with its line. */
import { parseBaseline } from '../contracts/baseline.js'
import { parseWaivers, type Waiver } from '../contracts/waivers.js'
import { KitError } from '../errors.js'
import { fileError, readInputFile, type InputFile, type ValuePath } from './input-file.js'

/** @throws KitError for a file that cannot be used, or any entry that is no waiver */
export async function readWaivers(name: string): Promise<Waiver[]> {
  const file = await readInputFile(name, 'waivers')
  const expected =
    'a list of { id, reason, expires }: texts, the reason not blank, expires a day such as 2026-12-31 or left out'
  return judge(file, { what: 'waivers', member: 'waivers', expected, parse: parseWaivers })
}

/** @throws KitError for a file that cannot be used */
export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  const file = await readInputFile(name, 'baseline')
  const expected = 'the JSON report of an earlier run (--reporter json --out DIR), or a list of check ids'
  return judge(file, { what: 'baseline', member: 'results', expected, parse: parseBaseline })
}

interface Judgement<Result> {
  what: string
  /** Where the list stands when the file is no list itself. */
  member: string
  expected: string
  parse: (value: unknown) => Result
}

function judge<Result>(file: InputFile, { what, member, expected, parse }: Judgement<Result>): Result {
  try {
    return parse(file.value)
  } catch (error) {
    if (!(error instanceof KitError)) throw error
    const { path, value } = findFlaw(file.value, member, parse)
    throw fileError(file, what, { path, value: JSON.stringify(value), expected })
  }
}

/** The first entry that is refused by itself too, or the whole file when it has no entries. */
function findFlaw(
  whole: unknown,
  member: string,
  parse: (value: unknown) => unknown,
): { path: ValuePath; value?: unknown } {
  const isInside = typeof whole === 'object' && whole !== null && member in whole
  const list: unknown = isInside ? Reflect.get(whole, member) : whole
  const path = isInside ? [member] : []
  if (!Array.isArray(list)) return { path }
  const place = list.findIndex((entry: unknown) => {
    try {
      parse([entry])
      return false
    } catch {
      return true
    }
  })
  const value: unknown = list[place]
  return { path: [...path, place], value }
}
