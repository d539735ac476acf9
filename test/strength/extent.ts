// How far the tests of strength go: their short form in CI, or many times as far with KIT_LONG=1; and their seed, which
// KIT_SEED repeats.

const isLong = process.env['KIT_LONG'] === '1'

/** One of two extents. */
export function length({ short, long }: { short: number; long: number }): number {
  return isLong ? long : short
}

/** In the long form another one each time, printed so that a failure can be repeated. */
export const seed = Number(process.env['KIT_SEED'] ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 1))
console.log(`KIT_SEED=${seed}`)
