/**
 * When a busy machine has let a client wait: its processes wanted to run and were given no processor, or everything came
 * late, this process too. Rules that count seconds hold none of that against the client.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { awake } from '../../conduct/conduct-rule.js'
import type { Sleep } from '../../conduct/conduct-trace.js'
import { pause } from './insist.js'

/** Milliseconds between two looks. */
const LOOK_MS = 500
/** Shorter waits are nothing out of the ordinary. */
const LEAST_MS = 50

/** Notes waits until it is stopped. */
export interface ProcessorWaits {
  /** In the order of their times; each at the end of the half second in which it was seen. */
  readonly seen: readonly Sleep[]
  /** Milliseconds since a moment without those waits. */
  awakeSince(from: number): number
  /** Waits until so many of them have passed, four times as long at most; shorter when the signal aborts. */
  letPass(ms: number, signal: AbortSignal): Promise<void>
  stop(): void
}

/** A client that keeps a machine busy all by itself comes to an end, too. */
const MOST_TIMES = 4

/**
 * Begins to look.
 * @param now the time in milliseconds
 * @param group id of the process group whose waits count beside our own; undefined for none
 */
export function watchWaits(now: () => number, group: number | undefined): ProcessorWaits {
  const seen: Sleep[] = []
  const over = new AbortController()
  const look = async (): Promise<void> => {
    const waitedBefore = new Map<string, number>()
    for (let from = now(); !over.signal.aborted; from = now()) {
      await pause(LOOK_MS, over.signal)
      const to = now()
      const late = to - from - LOOK_MS
      const waited = group === undefined ? 0 : waitedSince(waitedBefore, group)
      const ms = Math.min(Math.max(late, waited), to - from)
      if (ms >= LEAST_MS) seen.push({ from: to - ms, to })
    }
  }
  void look()
  const awakeSince = (from: number): number => awake(from, now(), seen)
  return {
    seen,
    awakeSince,
    async letPass(ms, signal) {
      const from = now()
      while (!signal.aborted && now() - from < ms * MOST_TIMES) {
        const left = ms - awakeSince(from)
        if (left <= 0) return
        await pause(left, signal)
      }
    },
    stop() {
      over.abort()
    },
  }
}

/**
 * Milliseconds for which the threads of a group have waited since they were last asked. Linux alone tells: elsewhere, and
 * of a thread that has ended meanwhile, nothing is known.
 */
function waitedSince(before: Map<string, number>, group: number): number {
  let sum = 0
  for (const thread of threadsOf(group)) {
    const waited = Number(read(`${thread}/schedstat`).split(' ')[1] ?? 0) / 1e6
    sum += waited - (before.get(thread) ?? 0)
    before.set(thread, waited)
  }
  return sum
}

function threadsOf(group: number): string[] {
  const processes = list('/proc').filter((name) => /^\d+$/.test(name))
  return processes
    .filter((pid) => groupIn(read(`/proc/${pid}/stat`)) === group)
    .flatMap((pid) => list(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`))
}

/** The name of a program stands in brackets and may hold anything; state, parent and group follow. */
function groupIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[3])
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** '' for what is gone by now. */
function read(name: string): string {
  try {
    return readFileSync(name, 'latin1')
  } catch {
    return ''
  }
}
