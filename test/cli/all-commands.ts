// The command line with every command, as the tests read it.
import { Command } from 'commander'
import { addConductCommand } from '../../src/cli/run-conduct.js'
import { addExploreCommand } from '../../src/cli/run-explore.js'
import { addFixtureCommand } from '../../src/cli/fixture.js'
import { addLimitsCommand } from '../../src/cli/print-limits.js'
import { addMcpCommand } from '../../src/cli/run-mcp.js'
import { addServeCommand } from '../../src/cli/serve.js'
import { addSpecCommand } from '../../src/cli/spec.js'
import { addScenarioCommand } from '../../src/cli/run-scenario.js'
import { addVerifyCommand } from '../../src/cli/run-verify.js'
import { addWatchCommand } from '../../src/cli/run-watch.js'

const adders = [
  addServeCommand,
  addVerifyCommand,
  addWatchCommand,
  addLimitsCommand,
  addScenarioCommand,
  addConductCommand,
  addMcpCommand,
  addExploreCommand,
  addSpecCommand,
  addFixtureCommand,
]

export function allCommands(): Command {
  const program = new Command('opik-runner-kit')
  for (const add of adders) add(program)
  return program
}

/** Has the command read its options, and no more: CI runs it. */
export async function readOptions(words: string): Promise<void> {
  const program = allCommands().exitOverride()
  for (const command of program.commands) command.exitOverride().action(() => undefined)
  await program.parseAsync(words.replaceAll("'", '').split(' '), { from: 'user' })
}
