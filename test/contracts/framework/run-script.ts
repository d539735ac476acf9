// Runs the commands that a report has printed.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Whether this machine has what the commands need. */
export const canRunScripts = ['bash', 'curl'].every((tool) => {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

export async function runScript(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'script-'))
  const file = join(folder, 'commands.sh')
  writeFileSync(file, script)
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', [file], { env: { PATH: process.env['PATH'] } })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
