// Reads action.yml as GitHub does, as far as a composite action of shell steps needs it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from './workshop.js'

interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>
  outputs: Record<string, { description: string; value: string }>
  runs: { steps: { id?: string; run: string; env: Record<string, string> }[] }
}

/** A step with its variables filled in. */
export interface ShellStep {
  run: string
  env: Record<string, string>
}

export function readAction() {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action
  return {
    ...action,
    /** The steps for some inputs; the others have their defaults, or are empty. */
    stepsWith(inputs: Readonly<Record<string, string>>, actionPath: string): ShellStep[] {
      const scope: Record<string, string> = { 'github.action_path': actionPath }
      for (const [name, { default: otherwise = '' }] of Object.entries(action.inputs)) {
        scope[`inputs.${name}`] = inputs[name] ?? otherwise
      }
      return action.runs.steps.map(({ run, env }) => ({
        run,
        env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, scope)])),
      }))
    },
  }
}

function fill(template: string, scope: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => {
    const value = scope[expression]
    if (value === undefined) throw new Error(`action.yml uses ${expression}, which nothing defines.`)
    return value
  })
}
