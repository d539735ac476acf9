// Families of servers that run with another setting than they declare: each count one more, one less and without end, each
// span of time half and twice as long.
import { settings } from '../../../src/lifecycle/table.js'
import { defineFamily, type Mutant, type MutantDefinition } from '../mutant.js'

const SPANS = ['time', 'job', 'bridge', 'long-poll', 'waiting-readers', 'heartbeat']
const WITHOUT_END = 1_000_000_000

function otherValues(name: string, value: number): MutantDefinition[] {
  const isSpan = name.endsWith('_seconds')
  const others: Readonly<Record<string, number>> = isSpan
    ? { halved: value / 2, doubled: value * 2, endless: WITHOUT_END }
    : { 'one-less': value - 1, 'one-more': value + 1, endless: WITHOUT_END }
  return Object.entries(others).map(([what, other]) => ({
    id: `${isSpan ? 'time' : 'limits'}/${name}-${what}`,
    mistake: `${name} is ${other}, not ${value} as declared.`,
    settings: { [name]: other },
    areas: isSpan ? SPANS : ['limits', 'job-logs', 'agents', 'checklist'],
  }))
}

export const settingMutants: readonly Mutant[] = defineFamily(
  'settings off',
  Object.entries(settings)
    .flatMap(([name, { default: value }]) => otherValues(name, value))
    // How often the reaper comes is left open, as long as it comes.
    .filter(({ id }) => !/reaper_interval_seconds-(halved|doubled)/.test(id)),
)
