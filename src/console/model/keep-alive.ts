/** Heartbeats that the page sends for runners which nobody else keeps alive, as long as it is open. */
import { signal } from '@preact/signals'
import { every } from './platform.js'
import { send } from './admin-api.js'
import { settings } from './live.js'
import { heartbeatCall } from './pair-by-hand.js'
import { runners } from './world-state.js'

/** Ids of the runners that are kept alive. */
export const keptAlive = signal<ReadonlySet<string>>(new Set())

/** Starts or stops to keep a runner alive. */
export function keepAlive(id: string, isOn: boolean): void {
  const next = new Set(keptAlive.value)
  if (isOn) next.add(id)
  else next.delete(id)
  keptAlive.value = next
  if (isOn) void beat(id)
}

/** Sends them; a third of the time to live apart. */
export function startHeartbeats(): () => void {
  let rest = 0
  return every(500, () => {
    rest -= 0.5
    if (rest > 0) return
    rest = Math.max(0.5, (settings.value['heartbeat_ttl_seconds'] ?? 15) / 3)
    for (const id of keptAlive.value) void beat(id)
  })
}

async function beat(id: string): Promise<void> {
  const runner = runners.get(id)
  if (runner === undefined) return
  const { status } = await send(heartbeatCall(id, runner, runner.type))
  if (status === 410) keepAlive(id, false)
}
