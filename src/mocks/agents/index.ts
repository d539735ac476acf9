/** The entry `opik-runner-kit/agents`: agents that stay out of the mock's core because of their weight. */
export { connectAgent, type ConnectAgent, type ConnectAgentOptions } from './connect-agent.js'
export { CommandError, type CommandErrorCode } from './connect/command-error.js'
export type { ScriptedCommand, ScriptedOutput, ScriptedRefusal } from './connect/exec.js'
export { memoryTree, type FileContents, type FileKind, type FileTree, type MemoryTree } from './connect/file-tree.js'
