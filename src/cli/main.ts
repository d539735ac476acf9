#!/usr/bin/env node
/**
 * What a shell starts: it refuses a Node that is too old in one line, and leaves the rest to the command line. It is
 * written for any Node that knows `import`, and imports nothing before it has looked.
 */
const OLDEST = [20, 19] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `opik-runner-kit needs Node ${OLDEST.join('.')} or newer; ${process.execPath} is Node ${process.versions.node}.\n`,
  )
  process.exitCode = 2
} else {
  void start()
}

/** `serve` keeps by itself what is compiled of it; for the rest, a Node that can do so does. */
async function start(): Promise<void> {
  const args = process.argv.slice(2)
  if (args[0] === 'serve') return (await import('./serve.js')).runServe(args)
  const compiler: { createRequire: unknown; enableCompileCache?: () => unknown } = await import('node:module')
  compiler.enableCompileCache?.()
  await (await import('./commands.js')).runCommand(args)
}
