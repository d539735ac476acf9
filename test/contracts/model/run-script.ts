// Runs a script that a check has printed.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Whether this machine has what the scripts need. */
export const canRunScripts = ['bash', 'curl', 'openssl'].every((tool) => {
  try {
    execFileSync('which', [tool], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

/** Runs a script with bash; `env` adds to what bash needs. */
export async function runScript(script: string, env: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'script-'))
  const file = join(folder, 'sequence.sh')
  writeFileSync(file, script)
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', [file], { env: { PATH: process.env['PATH'], ...env } })
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, output: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Operations of the calls in a script, in its order; a poll comes twice, when it is sent and when it is answered. */
export function callsIn(script: string): string[] {
  return [...script.matchAll(/^ *step '[\w.]+\. (\w+)/gm)].map(([, operation = '']) => operation)
}
