// The commands by their names.
import { type AddCommand, runCommandLine } from './command-line.js'

const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./serve.js')).addServeCommand,
  verify: async () => (await import('./run-verify.js')).addVerifyCommand,
  watch: async () => (await import('./run-watch.js')).addWatchCommand,
  limits: async () => (await import('./print-limits.js')).addLimitsCommand,
  scenario: async () => (await import('./run-scenario.js')).addScenarioCommand,
  conduct: async () => (await import('./run-conduct.js')).addConductCommand,
  mcp: async () => (await import('./run-mcp.js')).addMcpCommand,
  explore: async () => (await import('./run-explore.js')).addExploreCommand,
  spec: async () => (await import('./spec.js')).addSpecCommand,
  fixture: async () => (await import('./fixture.js')).addFixtureCommand,
}

/** Runs the command that the first argument names. It is loaded alone, since starting quickly matters. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const named = commands[args[0] ?? '']
  const load = named === undefined ? Object.values(commands) : [named]
  await runCommandLine(args, await Promise.all(load.map((each) => each())))
}
