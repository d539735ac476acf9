// Loaded into a process before its program: notes at its end how much processor time it has used, in seconds.
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  writeFileSync(process.env.CPU_FILE, String((user + system) / 1e6))
})
